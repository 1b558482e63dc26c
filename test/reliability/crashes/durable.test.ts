import { it } from 'vitest'

import { proveCrashes } from './support/prove-crashes.ts'

it('loses nothing acknowledged by kill -9 and leaves no orphan, with durable', () =>
  proveCrashes('durable', { kills: 100, mostAnswers: 60 }))
