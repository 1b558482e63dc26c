import type { EventName } from './event-names.ts'

/** Who did it, and by which request. */
export interface EventOrigin {
  readonly region: string
  /** Empty for an anonymous request. */
  readonly accessKey: string
  readonly remoteAddress: string
  readonly userAgent: string
  readonly requestId: string
  /** The Range header of a read. */
  readonly range?: string | undefined
}

/** What an event tells of the object that is there now. */
export interface EventObject {
  readonly sizeBytes: number
  /** Without quotes. */
  readonly etag: string
  readonly contentType: string
  /** By the names of headers. */
  readonly metadata: readonly (readonly [name: string, value: string])[]
}

/** Something that happened to an object, and is on the disk. */
export interface ObjectEvent {
  /**
   * The event under each name that it has: tags have one of MinIO and one of Amazon S3. A rule gets
   * it once, under the last of them that it asks for.
   */
  readonly names: readonly EventName[]
  readonly bucket: string
  readonly key: string
  /** Absent where the bucket keeps no versions. */
  readonly versionId?: string | undefined
  /** Absent when the object was removed. */
  readonly object?: EventObject | undefined
  readonly origin: EventOrigin
}

/** What the bus adds. */
export interface EventStamp {
  readonly name: EventName
  readonly time: Date
  /** Hexadecimal digits, always as many: later events have greater ones. */
  readonly sequencer: string
  /** The rule that asked for the event. */
  readonly configurationId: string
}

/** The members of a record have the names and the order of MinIO's. */
export function eventRecord(event: ObjectEvent, stamp: EventStamp): object {
  const { bucket, origin } = event
  const identity = { principalId: origin.accessKey }
  return {
    eventVersion: '2.0',
    eventSource: 'minio:s3',
    awsRegion: origin.region,
    eventTime: stamp.time.toISOString(),
    eventName: stamp.name,
    userIdentity: identity,
    requestParameters: {
      principalId: origin.accessKey,
      range: origin.range,
      region: origin.region,
      sourceIPAddress: origin.remoteAddress,
    },
    responseElements: { 'x-amz-request-id': origin.requestId },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: stamp.configurationId,
      bucket: { name: bucket, ownerIdentity: identity, arn: `arn:aws:s3:::${bucket}` },
      object: objectMember(event, stamp.sequencer),
    },
    source: { host: origin.remoteAddress, port: '', userAgent: origin.userAgent },
  }
}

function objectMember({ key, versionId, object }: ObjectEvent, sequencer: string): object {
  return {
    key: formEncoded(key),
    size: object?.sizeBytes,
    eTag: object?.etag,
    contentType: object?.contentType,
    userMetadata: object === undefined ? undefined : Object.fromEntries(object.metadata),
    versionId,
    sequencer,
  }
}

/** As in a form: a space is a plus. Stores have always sent keys so, and readers decode them. */
export function formEncoded(key: string): string {
  return encodeURIComponent(key)
    .replaceAll('%20', '+')
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
