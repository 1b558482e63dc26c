import { it } from 'vitest'
import { listingOperations } from './operations/listings.ts'
import { prove } from './prove.ts'

it('every fault of listings, removals of many, and listening ends in the right bytes or a typed error', () =>
  prove(listingOperations))
