import {
  checksum,
  decodeXml,
  deleteObjectsDocument,
  deleteResultDocument,
  encodeDigest,
  encodeXml,
  type DeleteFailure,
  type DeleteResult,
  type ObjectIdentifier,
} from '@stowage/protocol'
import { BytesBody } from '../request/body.ts'
import type { Redact } from '../request/redact.ts'
import type { S3Request } from '../request/request.ts'
import { governanceHeaders } from './remove-object.ts'

/** As many objects as S3 takes in one request. */
export const maxDeleteObjects = 1000

/**
 * DeleteObjects. The answer names what was removed and what was not. A key that it does not name is
 * a failure that may be tried again. All stores ask for Content-MD5.
 */
export function deleteObjects(
  bucket: string,
  objects: readonly ObjectIdentifier[],
  bypassGovernance: boolean,
): S3Request<readonly DeleteFailure[]> {
  const bytes = Buffer.from(encodeXml(deleteObjectsDocument, { objects }))
  return {
    operation: 'DeleteObjects',
    method: 'POST',
    bucket,
    query: [['delete', '']],
    headers: {
      ...governanceHeaders(bypassGovernance),
      'content-type': 'application/xml',
      'content-md5': encodeDigest(checksum('MD5', bytes)),
    },
    body: new BytesBody(bytes),
    idempotent: true,
    answer: 'document',
    errorInBody: true,
    read: (reply) => {
      const result = decodeXml(deleteResultDocument, reply.body)
      const { redact = (text: string): string => text } = reply
      const asked = new Set(objects.map(({ object }) => object))
      const failures = result.errors.map((failure) => redacted(failure, asked, redact))
      return [...failures, ...unnamed(objects, result)]
    },
  }
}

/** A failure without secrets, but for the key, where that was asked for. */
function redacted(
  failure: DeleteFailure,
  asked: ReadonlySet<string>,
  redact: Redact,
): DeleteFailure {
  const { object, versionId, code, message } = failure
  return {
    object: asked.has(object) ? object : redact(object),
    versionId: versionId === undefined ? undefined : redact(versionId),
    code: redact(code),
    message: redact(message),
  }
}

/** What was asked for and is not named, neither as removed nor as a failure. */
function unnamed(
  objects: readonly ObjectIdentifier[],
  { deleted, errors }: DeleteResult,
): DeleteFailure[] {
  // A failure that names no key may be that of any of them.
  if (errors.some(({ object }) => object === '')) return []
  const versions = new Map<string, Set<string>>()
  for (const { object, versionId = '' } of [...deleted, ...errors]) {
    const key = asRead(object)
    versions.set(key, (versions.get(key) ?? new Set()).add(versionId))
  }
  const isNamed = ({ object, versionId }: ObjectIdentifier): boolean => {
    const key = asRead(object)
    if (versionId === undefined) return versions.has(key)
    // Not every store repeats the version.
    return versions.get(key)?.has(versionId) === true || versions.get(key)?.has('') === true
  }
  return objects
    .filter((one) => !isNamed(one))
    .map(({ object, versionId }) => ({
      object,
      versionId,
      code: 'InternalError',
      message: 'The answer does not name this key.',
    }))
}

/** A line end that a store writes as it is comes out of XML as a line feed. */
function asRead(key: string): string {
  return key.replaceAll(/\r\n?/g, '\n')
}
