import { decodeFormComponent, encodeUriComponentStrict, type Tag } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'

/** S3's limits. */
export const maxTags: Readonly<Record<'object' | 'bucket', number>> = { object: 10, bucket: 50 }
const maxKeyLength = 128
const maxValueLength = 256

/**
 * Reads the header x-amz-tagging: a query string.
 * @throws S3Failure InvalidTag, BadRequest
 */
export function parseTags(text: string): readonly Tag[] {
  const tags = text.split('&').map((pair): Tag => {
    const equals = pair.indexOf('=')
    return equals === -1
      ? { key: decoded(pair), value: '' }
      : { key: decoded(pair.slice(0, equals)), value: decoded(pair.slice(equals + 1)) }
  })
  checkTags(tags, 'object')
  return tags
}

function decoded(text: string): string {
  try {
    return decodeFormComponent(text)
  } catch {
    throw invalidTag('The header x-amz-tagging is not encoded as URL query parameters.')
  }
}

/** Tags as records keep them: the one query string that they have, undefined for none. */
export function formatTags(tags: readonly Tag[]): string | undefined {
  if (tags.length === 0) return undefined
  const pairs = tags.map(
    ({ key, value }) => `${encodeUriComponentStrict(key)}=${encodeUriComponentStrict(value)}`,
  )
  return pairs.join('&')
}

/** @throws S3Failure InvalidTag, BadRequest */
export function checkTags(tags: readonly Tag[], owner: 'object' | 'bucket'): void {
  if (tags.length > maxTags[owner]) {
    throw new S3Failure('BadRequest', {
      message: `${owner} tags cannot be greater than ${maxTags[owner]}`,
    })
  }
  const keys = new Set<string>()
  for (const { key, value } of tags) {
    if (!isTagText(key, maxKeyLength) || key === '' || key.startsWith('aws:')) {
      throw invalidTag('The TagKey you have provided is invalid')
    }
    if (!isTagText(value, maxValueLength)) {
      throw invalidTag('The TagValue you have provided is invalid')
    }
    if (keys.has(key)) throw invalidTag('Cannot provide multiple Tags with the same key')
    keys.add(key)
  }
}

/** Letters, digits, spaces and a few signs of all scripts (S3 user guide, "Object tagging"). */
function isTagText(text: string, maxLength: number): boolean {
  return text.length <= maxLength && /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(text)
}

function invalidTag(message: string): S3Failure {
  return new S3Failure('InvalidTag', { message })
}
