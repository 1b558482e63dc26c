import { createHash } from 'node:crypto'
import type { CompletedPart } from '@stowage/protocol'
import type { ObjectStat } from '../results/object-stat.ts'

const md5Etag = /^[0-9a-f]{32}$/

/** Whether an ETag has the form of an MD5: that of bytes, not of parts. */
export function isMd5(etag: string): boolean {
  return md5Etag.test(etag)
}

/** Of how many parts an object is, where its ETag has the form that tells. */
export function partsOfEtag(etag: string): number | undefined {
  const parts = /^[0-9a-f]{32}-([0-9]{1,5})$/.exec(etag)?.[1]
  return parts === undefined ? undefined : Number(parts)
}

/** Whether the ETag of an object comes from its bytes: with some encryptions it does not. */
export function etagIsOfBytes({ sseAlgorithm, sseCustomerAlgorithm }: ObjectStat): boolean {
  return sseCustomerAlgorithm === undefined && (sseAlgorithm ?? 'AES256') === 'AES256'
}

/** Whether an object is made of these parts: its ETag is the MD5 of theirs, and their number. */
export function isMadeOf(stat: ObjectStat, parts: readonly CompletedPart[]): boolean {
  const { etag } = stat
  if (etag === undefined) return false
  if (!etagIsOfBytes(stat) || !parts.every((part) => isMd5(part.etag))) {
    return etag.endsWith(`-${parts.length}`)
  }
  const hash = createHash('md5')
  for (const part of parts) hash.update(part.etag, 'hex')
  return etag === `${hash.digest('hex')}-${parts.length}`
}
