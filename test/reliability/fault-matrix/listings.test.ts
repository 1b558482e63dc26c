import { it } from 'vitest'
import { listingOperations } from './operations/listings.ts'
import { presigningOperations } from './operations/presigning.ts'
import { prove } from './prove.ts'

it('every fault of listings, removals of many, listening and presigning ends in the right result or a typed error', () =>
  prove([...listingOperations, ...presigningOperations]))
