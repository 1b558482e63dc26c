import { it } from 'vitest'
import { objectOperations } from './operations/objects.ts'
import { prove } from './prove.ts'

it('every fault of operations on objects ends in the right bytes or a typed error', () =>
  prove(objectOperations))
