import { decodeFormComponent, parseIsoDate, type NotificationEventName } from '@stowage/protocol'

/** Something happened in the bucket. */
export interface NotificationRecord {
  readonly type: 'event'
  /** Such as `s3:ObjectCreated:Put`; stores may know more names than this library. */
  readonly eventName: NotificationEventName
  readonly eventTime: Date | undefined
  readonly bucket: string
  /** The object's key, decoded; empty for what concerns the bucket itself. */
  readonly object: string
  readonly sizeBytes: number | undefined
  /** Without quotes. */
  readonly etag: string | undefined
  readonly versionId: string | undefined
  readonly contentType: string | undefined
  /** Orders the events of one object: compare as text of equal length, padded on the left. */
  readonly sequencer: string | undefined
  /** Who did it. */
  readonly principalId: string | undefined
  /** The record as the store sent it; its key is form-encoded by some stores. */
  readonly record: Readonly<Record<string, unknown>>
}

/** The connection was lost and stands again: events may be missing before this, or come twice. */
export interface NotificationReconnected {
  readonly type: 'reconnected'
  /** How often it was tried. */
  readonly attempts: number
  /** From the loss to the new connection, in milliseconds. */
  readonly downMs: number
  /** What was lost with; undefined when the store had closed in good order. */
  readonly cause: unknown
}

/** What listening gives. */
export type NotificationEvent = NotificationRecord | NotificationReconnected

type JsonObject = Readonly<Record<string, unknown>>

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A member that is an object; an empty one where it is not. */
function objectIn(value: JsonObject, name: string): JsonObject {
  const member = Object.hasOwn(value, name) ? value[name] : undefined
  return isJsonObject(member) ? member : {}
}

function textIn(value: JsonObject, name: string): string | undefined {
  const member = Object.hasOwn(value, name) ? value[name] : undefined
  return typeof member === 'string' ? member : undefined
}

/** What a form-encoded key may consist of; encoders differ in what they leave as it is. */
const formEncoded = /^[\w.~+%/!'()*-]*$/

/**
 * The key of a record. AWS, webhooks, MinIO before 2020 and other stores encode keys as forms do;
 * MinIO since then sends them as they are to those who listen (`sendEvent` in its
 * cmd/event-notification.go publishes `args.ToEvent(false)`). A key such as `a+b` does not show
 * which it is, but the record does: MinIO names its origin or deployment, and the older ones, as
 * the one of minio/minio-js issue 725, gave every object the version `1`.
 */
function keyOf(record: JsonObject, object: JsonObject): string {
  const key = textIn(object, 'key') ?? ''
  if (!formEncoded.test(key) || isOfMinioSince2020(record, object)) return key
  try {
    return decodeFormComponent(key)
  } catch {
    return key
  }
}

function isOfMinioSince2020(record: JsonObject, object: JsonObject): boolean {
  const elements = objectIn(record, 'responseElements')
  const names = ['x-minio-origin-endpoint', 'x-minio-deployment-id']
  return names.some((name) => Object.hasOwn(elements, name)) && object['versionId'] !== '1'
}

/** AWS leaves the prefix out that the names have everywhere else. */
function fullName(name: string): NotificationEventName {
  return `s3:${name.startsWith('s3:') ? name.slice('s3:'.length) : name}`
}

/** Reads one record; what is missing in it stays empty. */
export function readNotificationRecord(record: JsonObject): NotificationRecord {
  const s3 = objectIn(record, 's3')
  const object = objectIn(s3, 'object')
  const size = object['size']
  return {
    type: 'event',
    eventName: fullName(textIn(record, 'eventName') ?? ''),
    eventTime: parseIsoDate(textIn(record, 'eventTime') ?? ''),
    bucket: textIn(objectIn(s3, 'bucket'), 'name') ?? '',
    object: keyOf(record, object),
    sizeBytes: typeof size === 'number' ? size : undefined,
    etag: textIn(object, 'eTag'),
    versionId: textIn(object, 'versionId'),
    contentType: textIn(object, 'contentType'),
    sequencer: textIn(object, 'sequencer'),
    principalId: textIn(objectIn(record, 'userIdentity'), 'principalId'),
    record,
  }
}
