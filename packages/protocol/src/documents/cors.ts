import { list, optional, optionalList } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { integer, text } from '../xml/values.ts'

/** `CORSRule`: which pages of other sites may do what. */
export interface CorsRule {
  readonly id?: string | undefined
  /** Such as `https://example.com`; one `*` may stand in it. */
  readonly allowedOrigins: readonly string[]
  /** `GET`, `PUT`, `HEAD`, `POST`, `DELETE`. */
  readonly allowedMethods: readonly string[]
  /** Headers of requests; one `*` may stand in each. */
  readonly allowedHeaders?: readonly string[] | undefined
  /** Headers of answers that pages may read. */
  readonly exposeHeaders?: readonly string[] | undefined
  /** How long browsers may remember the answer, in seconds. */
  readonly maxAgeSeconds?: number | undefined
}

/** `CORSConfiguration`: of Get- and PutBucketCors. */
export interface CorsConfiguration {
  readonly rules: readonly CorsRule[]
}

/** The document `<CORSConfiguration>`. */
export const corsDocument: XmlDocument<CorsConfiguration> = s3Document(
  'CORSConfiguration',
  object<CorsConfiguration>({
    rules: list(
      'CORSRule',
      object<CorsRule>({
        id: optional('ID', text),
        allowedOrigins: list('AllowedOrigin', text),
        allowedMethods: list('AllowedMethod', text),
        allowedHeaders: optionalList('AllowedHeader', text),
        exposeHeaders: optionalList('ExposeHeader', text),
        maxAgeSeconds: optional('MaxAgeSeconds', integer),
      }),
    ),
  }),
)
