import type { EventName } from '../events/event-names.ts'
import type { EventObject, EventOrigin } from '../events/object-event.ts'
import type { ObjectRecord } from '../store/object-record.ts'
import type { Committed, Removal } from '../store/objects.ts'
import type { OperationContext } from './operation.ts'
import { versionHeaders } from './version-id.ts'

/** What to call when a new or changed object is committed. */
export function announcing(
  context: OperationContext,
  ...names: readonly EventName[]
): Committed<ObjectRecord> {
  return (record) => announce(context, record, ...names)
}

/** What to call when the removal of a key, or of one of its versions, is committed. */
export function announcingRemoval(
  context: OperationContext,
  key: string = context.key,
): Committed<Removal> {
  const { server, bucket } = context
  return ({ record, madeMarker }) => {
    if (!server.events.hears(bucket)) return
    const name = nameOfRemoval(record !== undefined, madeMarker)
    const versionId = record && toldVersion(context, record)
    server.events.publish({ names: [name], bucket, key, versionId, origin: originOf(context) })
  }
}

/** Removing what is not there is an event of its own, as in MinIO. */
function nameOfRemoval(found: boolean, madeMarker: boolean): EventName {
  if (madeMarker) return 's3:ObjectRemoved:DeleteMarkerCreated'
  return found ? 's3:ObjectRemoved:Delete' : 's3:ObjectRemoved:NoOP'
}

/** Tells of an object that is there, to those who want to hear of it. */
export function announce(
  context: OperationContext,
  record: ObjectRecord,
  ...names: readonly EventName[]
): void {
  const { server, bucket, key } = context
  if (!server.events.hears(bucket)) return
  server.events.publish({
    names,
    bucket,
    key,
    versionId: toldVersion(context, record),
    object: objectOf(record),
    origin: originOf(context),
  })
}

function toldVersion(
  { server, bucket }: OperationContext,
  record: { readonly versionId: string },
): string | undefined {
  return versionHeaders(server, bucket, record)[0]?.[1]
}

function objectOf({ sizeBytes, etag, headers, metadata }: ObjectRecord): EventObject {
  const contentType = headers.find(([name]) => name === 'content-type')?.[1] ?? ''
  const own = metadata.map(([name, value]) => [`X-Amz-Meta-${capitalized(name)}`, value] as const)
  return { sizeBytes, etag, contentType, metadata: [...headers, ...own] }
}

/** As Go writes names of headers, and so MinIO. */
function capitalized(name: string): string {
  return name.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase())
}

function originOf({
  server,
  request,
  arrival,
  identity,
  requestId,
}: OperationContext): EventOrigin {
  return {
    region: server.region,
    accessKey: identity.kind === 'anonymous' ? '' : identity.accessKey,
    remoteAddress: arrival.sourceIp ?? '',
    userAgent: request.header('user-agent') ?? '',
    requestId,
    range: request.header('range'),
  }
}
