import { it } from 'vitest'

import { proveCrashes } from './support/prove-crashes.ts'

it('loses nothing acknowledged by kill -9 and leaves no orphan, with flush', () =>
  proveCrashes('flush', { kills: 110, mostAnswers: 120 }))
