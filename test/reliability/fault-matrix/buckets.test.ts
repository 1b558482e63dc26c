import { it } from 'vitest'
import { bucketOperations } from './operations/buckets.ts'
import { prove } from './prove.ts'

it('every fault of operations on buckets and their settings ends in the right bytes or a typed error', () =>
  prove(bucketOperations))
