import { it } from 'vitest'

import { proveModel } from './support/prove-model.ts'

it('agrees with the model of S3 in memory', () =>
  proveModel('memory', { commands: 160_000, restart: 0, firstSequence: 0 }))
