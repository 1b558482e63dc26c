import { taggingDocument, type Tagging } from '@stowage/protocol'
import type { CallOptions } from '../options.ts'
import type { S3Request } from '../request/request.ts'
import { checkTags, maxBucketTags, maxObjectTags, type Tags } from '../request/tags.ts'
import {
  deleteConfiguration,
  getConfiguration,
  putConfiguration,
  xmlConfiguration,
  type Configuration,
} from './configuration.ts'

/** Options of calls on an object, or on one version of it. */
export interface ObjectVersionOptions extends CallOptions {
  /** Default: the latest. */
  readonly versionId?: string | undefined
}

/** Without prototype: a tag may have any name. */
function noTags(): Record<string, string> {
  const tags: Record<string, string> = {}
  Object.setPrototypeOf(tags, null)
  return tags
}

function read({ tags }: Tagging): Tags {
  const found = noTags()
  for (const { key, value } of tags) found[key] = value
  return found
}

function write(tags: Tags): Tagging {
  return { tags: Object.entries(tags).map(([key, value]) => ({ key, value })) }
}

function tagging(name: string): Configuration<Tags> {
  return xmlConfiguration(name, 'tagging', taggingDocument, read, write)
}

const bucketTagging = tagging('BucketTagging')
const xmlTagging = tagging('ObjectTagging')
/** Ceph (18.2) answers nothing at all for objects whose upload in parts was begun with tags. */
const objectTagging: Configuration<Tags> = {
  ...xmlTagging,
  decode: (text) => (text === '' ? noTags() : xmlTagging.decode(text)),
}
const absentCodes = ['NoSuchTagSet'] as const

/** GetBucketTagging. A bucket without tags is an error to S3, but not to a caller. */
export function getBucketTags(bucket: string): S3Request<Tags> {
  return {
    ...getConfiguration(bucketTagging, { bucket }),
    absent: { codes: absentCodes, value: noTags() },
  }
}

/** PutBucketTagging. */
export function setBucketTags(bucket: string, tags: Tags): S3Request<void> {
  checkTags(tags, maxBucketTags)
  return putConfiguration(bucketTagging, { bucket }, tags, 'tags')
}

/** DeleteBucketTagging. */
export function deleteBucketTags(bucket: string): S3Request<void> {
  return {
    ...deleteConfiguration(bucketTagging, { bucket }),
    absent: { codes: absentCodes, value: undefined },
  }
}

/** GetObjectTagging. */
export function getObjectTags(
  bucket: string,
  object: string,
  { versionId }: ObjectVersionOptions,
): S3Request<Tags> {
  return {
    ...getConfiguration(objectTagging, { bucket, object, versionId }),
    absent: { codes: absentCodes, value: noTags() },
  }
}

/** PutObjectTagging. */
export function setObjectTags(
  bucket: string,
  object: string,
  tags: Tags,
  { versionId }: ObjectVersionOptions,
): S3Request<void> {
  checkTags(tags, maxObjectTags)
  return putConfiguration(objectTagging, { bucket, object, versionId }, tags, 'tags')
}

/** DeleteObjectTagging. */
export function deleteObjectTags(
  bucket: string,
  object: string,
  { versionId }: ObjectVersionOptions,
): S3Request<void> {
  return {
    ...deleteConfiguration(objectTagging, { bucket, object, versionId }),
    absent: { codes: absentCodes, value: undefined },
  }
}
