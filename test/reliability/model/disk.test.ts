import { it } from 'vitest'

import { proveModel } from './support/prove-model.ts'

it('agrees with the model of S3 on disk', () =>
  proveModel('disk', { commands: 125_000, restart: 0, firstSequence: 1_000_000 }))

it('agrees with the model of S3 on disk, also when it is closed and opened again', () =>
  proveModel('disk', { commands: 15_000, restart: 0.02, firstSequence: 2_000_000 }))
