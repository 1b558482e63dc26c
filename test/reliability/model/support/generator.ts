import type { S3Request } from '../s3-model.ts'
import type { Choice, Row } from './choice.ts'
import { configurationRequests } from './generate-configurations.ts'
import { listingRequests } from './generate-listings.ts'
import { objectRequests } from './generate-objects.ts'
import { uploadRequests } from './generate-uploads.ts'

/** One step of a sequence. */
export type Command =
  | { readonly kind: 'request'; readonly request: S3Request }
  | { readonly kind: 'clock'; readonly ms: number }
  | { readonly kind: 'restart' }
  /** All that is stored is compared. */
  | { readonly kind: 'dump' }

const table: readonly Row[] = [
  ...objectRequests,
  ...uploadRequests,
  ...listingRequests,
  ...configurationRequests,
]
const totalWeight = table.reduce((sum, [weight]) => sum + weight, 0)

const clockShare = 0.02

/** The next command of a sequence. */
export function nextCommand(choice: Choice, id: number, restart: number): Command {
  const bucket = choice.buckets[id - 1]
  if (bucket !== undefined) return { kind: 'request', request: creation(choice, bucket, id) }
  if (choice.chance(restart)) return { kind: 'restart' }
  if (choice.chance(clockShare)) {
    return { kind: 'clock', ms: choice.pick([1, 500, 1000, 60_000, 86_400_000]) }
  }
  let left = choice.random() * totalWeight
  const row = table.find(([weight]) => (left -= weight) < 0) ?? table[0]
  const draft = row?.[1](choice) ?? { method: 'GET' }
  const anonymous = choice.chance(0.03) ? true : undefined
  const request = { bucket: '', key: '', query: {}, headers: {}, anonymous, ...draft, id }
  return { kind: 'request', request }
}

/** A sequence begins with its buckets, some of them with object lock. */
function creation(choice: Choice, bucket: string, id: number): S3Request {
  const headers = choice.headers([[0.3, 'x-amz-bucket-object-lock-enabled', () => 'true']])
  return { id, method: 'PUT', bucket, key: '', query: {}, headers }
}
