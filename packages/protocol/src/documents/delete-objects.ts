import { list, optional, required, withDefault } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { boolean, etag, integer, isoDate, text } from '../xml/values.ts'

/** `Object` in Delete: what to delete. */
export interface ObjectIdentifier {
  /** The key. XML cannot carry every key: see `isXmlText`. */
  readonly object: string
  readonly versionId?: string | undefined
  /** Conditions, only known to directory buckets of AWS: delete only what still is like this. */
  readonly etag?: string | undefined
  readonly lastModified?: Date | undefined
  readonly sizeBytes?: number | undefined
}

/** `Delete`: the request body of DeleteObjects, at most 1000 objects. */
export interface DeleteRequest {
  /** Whether the answer names failures only. */
  readonly quiet?: boolean | undefined
  readonly objects: readonly ObjectIdentifier[]
}

/** The document `<Delete>`. */
export const deleteObjectsDocument: XmlDocument<DeleteRequest> = s3Document(
  'Delete',
  object<DeleteRequest>({
    quiet: optional('Quiet', boolean),
    objects: list(
      'Object',
      object<ObjectIdentifier>({
        object: required('Key', text),
        versionId: optional('VersionId', text),
        etag: optional('ETag', etag),
        lastModified: optional('LastModifiedTime', isoDate),
        sizeBytes: optional('Size', integer),
      }),
    ),
  }),
)

/** `Deleted`: an object that is gone, or was not there. */
export interface DeletedObject {
  /** The key. */
  readonly object: string
  /** The version that was asked for. */
  readonly versionId?: string | undefined
  /** Whether a delete marker was made, or was what was deleted. */
  readonly deleteMarker?: boolean | undefined
  readonly deleteMarkerVersionId?: string | undefined
}

/** `Error` in DeleteResult: an object that could not be deleted. */
export interface DeleteFailure {
  /** The key; empty where the store sends none. */
  readonly object: string
  readonly versionId?: string | undefined
  /** S3's error code, such as `AccessDenied`. */
  readonly code: string
  readonly message: string
}

/** `DeleteResult`: the answer to DeleteObjects. With status 200 the root may be `<Error>` instead. */
export interface DeleteResult {
  readonly deleted: readonly DeletedObject[]
  readonly errors: readonly DeleteFailure[]
}

/** The document `<DeleteResult>`. */
export const deleteResultDocument: XmlDocument<DeleteResult> = s3Document(
  'DeleteResult',
  object<DeleteResult>({
    deleted: list(
      'Deleted',
      object<DeletedObject>({
        object: required('Key', text),
        versionId: optional('VersionId', text),
        deleteMarker: optional('DeleteMarker', boolean),
        deleteMarkerVersionId: optional('DeleteMarkerVersionId', text),
      }),
    ),
    errors: list(
      'Error',
      object<DeleteFailure>({
        object: withDefault('Key', text, ''),
        versionId: optional('VersionId', text),
        code: withDefault('Code', text, ''),
        message: withDefault('Message', text, ''),
      }),
    ),
  }),
)
