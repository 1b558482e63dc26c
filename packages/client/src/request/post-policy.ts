import { encodeMetadata, encodeXml, metadataProblem, taggingDocument } from '@stowage/protocol'
import {
  checkBucket,
  checkDate,
  checkHeaderValue,
  checkInteger,
  checkNotEmpty,
  checkObject,
  checkText,
} from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { Sse } from './sse.ts'
import { checkTags, maxObjectTags, type Tags } from './tags.ts'

/** How a field of the form is compared with a condition. */
export type PostPolicyOperator = 'eq' | 'starts-with'

interface Condition {
  readonly operator: PostPolicyOperator
  readonly field: string
  readonly value: string
}

/** What a policy holds; for those who sign it. */
export interface PostPolicyContent {
  readonly bucket: string
  readonly expires: Date
  readonly conditions: readonly Condition[]
  readonly lengthRange: readonly [minBytes: number, maxBytes: number] | undefined
}

const maxPostBytes = 5 * 1024 ** 3
const fieldName = /^[A-Za-z0-9_-]+$/
const webUrl = /^https?:\/\/[^\s]+$/i
const successStatuses: ReadonlySet<unknown> = new Set([200, 201, 204])

/** Fields that have a method of their own here, or that signing adds. */
const ownFields: ReadonlySet<string> = new Set([
  'bucket',
  'content-length-range',
  'file',
  'policy',
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-signature',
])

let contentOf: (policy: PostPolicy) => PostPolicyContent

/**
 * What a browser form may upload: for `Client.presignedPostPolicy`. Bucket, key or key prefix, and
 * expiry are needed. Setting a field again replaces it. A field that must be equal comes back among
 * the form's fields; one with a prefix only is the form's own to fill in.
 *
 * @example
 * ```ts
 * import { PostPolicy } from 'stowage'
 *
 * const policy = new PostPolicy()
 *   .setBucket('photos')
 *   .setKeyPrefix('user/ann/')
 *   .setContentTypePrefix('image/')
 *   .setContentLengthRange(1, 10 * 1024 * 1024)
 *   .setExpires(new Date(Date.now() + 3600 * 1000))
 * ```
 */
export class PostPolicy {
  #bucket: string | undefined
  #expires: Date | undefined
  #lengthRange: readonly [minBytes: number, maxBytes: number] | undefined
  /** By the field's name in lower case. */
  readonly #conditions = new Map<string, Condition>()

  static {
    contentOf = (policy) => policy.#content()
  }

  setBucket(bucket: string): this {
    checkBucket(bucket)
    this.#bucket = bucket
    return this
  }

  /** Until when the form may be sent: at most seven days from its signing. */
  setExpires(expires: Date): this {
    checkDate('expires', expires)
    this.#expires = new Date(expires)
    return this
  }

  /** The one key to upload to. */
  setKey(key: string): this {
    checkObject(key)
    return this.#set('eq', 'key', key)
  }

  /**
   * What the key begins with; empty for any. The form gives the key; `${filename}` in it stands for
   * the name of the uploaded file.
   */
  setKeyPrefix(prefix: string): this {
    checkText('prefix', prefix)
    return this.#set('starts-with', 'key', prefix)
  }

  setContentType(contentType: string): this {
    checkNotEmpty('contentType', contentType)
    checkHeaderValue('contentType', contentType)
    return this.#set('eq', 'Content-Type', contentType)
  }

  /** What the content type begins with, such as `image/`; the form gives the whole. */
  setContentTypePrefix(prefix: string): this {
    checkHeaderValue('prefix', prefix)
    return this.#set('starts-with', 'Content-Type', prefix)
  }

  /** The least and the most bytes of the file, both included. */
  setContentLengthRange(minBytes: number, maxBytes: number): this {
    checkInteger('minBytes', minBytes, 0, maxPostBytes)
    checkInteger('maxBytes', maxBytes, minBytes, maxPostBytes)
    this.#lengthRange = [minBytes, maxBytes]
    return this
  }

  /** User metadata, as that of `putObject`. */
  setMetadata(metadata: Readonly<Record<string, string>>): this {
    const problem = metadataProblem(metadata)
    if (problem !== undefined) throw new InvalidArgumentError('metadata', problem)
    return this.#setAll(encodeMetadata(metadata))
  }

  /** The status of a successful answer, where there is no redirect. */
  setSuccessActionStatus(status: 200 | 201 | 204): this {
    if (!successStatuses.has(status)) {
      throw new InvalidArgumentError('status', 'must be 200, 201 or 204')
    }
    return this.#set('eq', 'success_action_status', String(status))
  }

  /** Where the browser goes after success. */
  setSuccessActionRedirect(url: string): this {
    checkText('url', url)
    if (!webUrl.test(url)) throw new InvalidArgumentError('url', 'must be an http or https URL')
    return this.#set('eq', 'success_action_redirect', url)
  }

  setTags(tags: Tags): this {
    checkTags(tags, maxObjectTags)
    const list = Object.entries(tags).map(([key, value]) => ({ key, value }))
    // Browsers and `fetch` send a line end in a field as CR LF, which is not what was signed.
    const document = encodeXml(taggingDocument, { tags: list }).replace('?>\n', '?>')
    return this.#set('eq', 'tagging', document)
  }

  /** A customer key (SSE-C) becomes readable for everybody who gets the form. */
  setSse(sse: Sse): this {
    return this.#setAll(sse.headers())
  }

  /** Such as `STANDARD_IA`. */
  setStorageClass(storageClass: string): this {
    checkNotEmpty('storageClass', storageClass)
    checkHeaderValue('storageClass', storageClass)
    return this.#set('eq', 'x-amz-storage-class', storageClass)
  }

  /**
   * Any other condition: on `acl`, `Cache-Control`, `x-amz-meta-…` and so on.
   *
   * @param field the form's field; a `$` before it is left away
   * @param value with `starts-with`, empty for anything
   */
  addCondition(operator: PostPolicyOperator, field: string, value: string): this {
    if (operator !== 'eq' && operator !== 'starts-with') {
      throw new InvalidArgumentError('operator', 'must be eq or starts-with')
    }
    checkText('field', field)
    checkText('value', value)
    const name = field.startsWith('$') ? field.slice(1) : field
    if (!fieldName.test(name) || ownFields.has(name.toLowerCase())) {
      throw new InvalidArgumentError('field', `must not be ${JSON.stringify(field)}`)
    }
    return this.#set(operator, name, value)
  }

  #setAll(fields: Readonly<Record<string, string>>): this {
    for (const [field, value] of Object.entries(fields)) this.#set('eq', field, value)
    return this
  }

  #set(operator: PostPolicyOperator, field: string, value: string): this {
    this.#conditions.set(field.toLowerCase(), { operator, field, value })
    return this
  }

  #content(): PostPolicyContent {
    const bucket = this.#bucket
    const expires = this.#expires
    if (bucket === undefined) throw new InvalidArgumentError('policy', 'has no bucket')
    if (expires === undefined) throw new InvalidArgumentError('policy', 'has no expiry')
    if (!this.#conditions.has('key')) throw new InvalidArgumentError('policy', 'has no key')
    const conditions = [...this.#conditions.values()]
    return { bucket, expires, conditions, lengthRange: this.#lengthRange }
  }
}

/**
 * What a policy holds.
 * @throws InvalidArgumentError when bucket, key or expiry are missing
 */
export function postPolicyContent(policy: PostPolicy): PostPolicyContent {
  if (!(policy instanceof PostPolicy)) {
    throw new InvalidArgumentError('policy', 'must be a PostPolicy')
  }
  return contentOf(policy)
}

/** The policy as the text that is signed: base64 of JSON, with a condition for each field. */
export function encodePostPolicy(
  content: PostPolicyContent,
  signing: Readonly<Record<string, string>>,
): string {
  const conditions: (readonly (string | number)[])[] = [['eq', '$bucket', content.bucket]]
  for (const { operator, field, value } of content.conditions) {
    conditions.push([operator, `$${field}`, value])
  }
  if (content.lengthRange) conditions.push(['content-length-range', ...content.lengthRange])
  for (const [field, value] of Object.entries(signing)) conditions.push(['eq', `$${field}`, value])
  const document = JSON.stringify({ expiration: content.expires.toISOString(), conditions })
  return Buffer.from(document, 'utf8').toString('base64')
}

/** The fields whose values the policy fixes. */
export function fixedFields(content: PostPolicyContent): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const { operator, field, value } of content.conditions) {
    if (operator === 'eq') fields[field] = value
  }
  return fields
}
