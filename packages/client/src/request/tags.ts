import { encodeUriComponentStrict } from '@stowage/protocol'
import { checkRecord, checkText } from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'

/** Tags of a bucket or an object. */
export type Tags = Readonly<Record<string, string>>

/** S3's limits; a bucket may have more tags than an object. */
export const maxObjectTags = 10
export const maxBucketTags = 50
const maxKeyLength = 128
const maxValueLength = 256

/** Checks tags before they are sent. */
export function checkTags(tags: Tags, maxTags: number): void {
  checkRecord('tags', tags)
  const entries = Object.entries(tags)
  if (entries.length > maxTags) {
    throw new InvalidArgumentError('tags', `must be at most ${maxTags}`)
  }
  for (const [key, value] of entries) {
    checkText('tags', key)
    checkText(`tags.${key}`, value)
    if (key.length === 0 || key.length > maxKeyLength) {
      throw new InvalidArgumentError('tags', `must have keys of 1 to ${maxKeyLength} characters`)
    }
    if (value.length > maxValueLength) {
      throw new InvalidArgumentError(
        `tags.${key}`,
        `must have at most ${maxValueLength} characters`,
      )
    }
  }
}

/** The value of `x-amz-tagging`. */
export function taggingHeader(tags: Tags): string {
  checkTags(tags, maxObjectTags)
  return Object.entries(tags)
    .map(([key, value]) => `${encodeUriComponentStrict(key)}=${encodeUriComponentStrict(value)}`)
    .join('&')
}
