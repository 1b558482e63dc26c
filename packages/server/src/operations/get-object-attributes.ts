import {
  formatHttpDate,
  objectAttributesDocument,
  type ObjectAttributes,
  type ObjectParts,
} from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { Reply } from '../http/reply.ts'
import type { ObjectRecord } from '../store/object-record.ts'
import { requireAction } from './access.ts'
import { announce } from './announce.ts'
import { checksumFields } from './checksum-fields.ts'
import { refuseUnreadable } from './object-encryption.ts'
import type { Operation, OperationContext } from './operation.ts'
import { wholeNumberParameter } from './parameters.ts'
import { presentObject, requestedVersion, versionHeaders } from './version-id.ts'
import { xmlReply } from './xml.ts'

export const getObjectAttributes: Operation = {
  action: 's3:GetObjectAttributes',
  versionAction: 's3:GetObjectVersionAttributes',
  hasBody: false,
  run,
}

async function run(context: OperationContext): Promise<Reply> {
  const { server, bucket, key } = context
  const versionId = requestedVersion(context)
  requireAction(context, versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion')
  const wanted = wantedAttributes(context)
  const page = requestedPage(context)
  server.store.buckets.get(bucket)
  const found = await server.store.objects.findVersion(bucket, key, versionId)
  const record = presentObject(found, { key, versionId })
  refuseUnreadable(context, record.encryption)
  const told = wanted.reduce<ObjectAttributes>(
    (all, name) => ({ ...all, ...attributes[name](record, page) }),
    {},
  )
  const reply = xmlReply(objectAttributesDocument, told)
  const headers = [
    ...(reply.headers ?? []),
    ['last-modified', formatHttpDate(new Date(record.lastModifiedMs))] as const,
    ...versionHeaders(server, bucket, record),
  ]
  announce(context, record, 's3:ObjectAccessed:Attributes')
  return { ...reply, headers }
}

interface PartsPage {
  readonly maxParts: number
  readonly marker: number
}

type AttributeName = 'ETag' | 'Checksum' | 'ObjectParts' | 'StorageClass' | 'ObjectSize'

const attributes: Readonly<
  Record<AttributeName, (record: ObjectRecord, page: PartsPage) => ObjectAttributes>
> = {
  ETag: ({ etag }) => ({ etag }),
  Checksum: ({ checksums, checksumType = 'FULL_OBJECT' }) =>
    checksums.length === 0 ? {} : { checksum: { ...checksumFields(checksums), checksumType } },
  ObjectParts: (record, page) => ({ objectParts: partsOf(record, page) }),
  StorageClass: ({ storageClass }) => ({ storageClass }),
  ObjectSize: ({ sizeBytes }) => ({ sizeBytes }),
}

/** @throws S3Failure InvalidArgument */
function wantedAttributes({ request }: OperationContext): readonly AttributeName[] {
  const names = (request.header('x-amz-object-attributes') ?? '').split(',')
  return names.map((text) => {
    const name = text.trim()
    if (isAttribute(name)) return name
    throw new S3Failure('InvalidArgument', {
      message: 'Invalid attribute name specified.',
      extra: { ArgumentName: 'x-amz-object-attributes', ArgumentValue: name },
    })
  })
}

function isAttribute(name: string): name is AttributeName {
  return Object.hasOwn(attributes, name)
}

const maxPageParts = 1000

/** The page comes in headers. @throws S3Failure InvalidArgument */
function requestedPage({ request }: OperationContext): PartsPage {
  const bounds = { min: 0, max: 2_147_483_647 }
  const numberIn = (name: 'x-amz-max-parts' | 'x-amz-part-number-marker'): number | undefined =>
    wholeNumberParameter(new Map([[name, request.header(name) ?? '']]), name, bounds)
  return {
    maxParts: Math.min(numberIn('x-amz-max-parts') ?? maxPageParts, maxPageParts),
    marker: numberIn('x-amz-part-number-marker') ?? 0,
  }
}

/** Undefined for an object that did not come in parts. */
function partsOf(
  { parts }: ObjectRecord,
  { maxParts, marker }: PartsPage,
): ObjectParts | undefined {
  if (parts === undefined) return undefined
  const behind = parts.filter(({ partNumber }) => partNumber > marker)
  const page = behind.slice(0, maxParts)
  return {
    isTruncated: page.length < behind.length,
    maxParts,
    partNumberMarker: marker,
    nextPartNumberMarker: page.at(-1)?.partNumber ?? 0,
    totalPartsCount: parts.length,
    parts: page.map(({ partNumber, sizeBytes, checksums }) => ({
      partNumber,
      sizeBytes,
      ...checksumFields(checksums),
    })),
  }
}
