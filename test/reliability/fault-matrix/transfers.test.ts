import { it } from 'vitest'
import { transferOperations, sourceObjects } from './operations/transfers.ts'
import { prove } from './prove.ts'

it('every fault of uploads, downloads and copies in parts ends in the right bytes or a typed error', () =>
  prove(transferOperations, sourceObjects))
