import { randomBytes } from 'node:crypto'

import type { Credentials } from '@stowage/protocol'
import { KeyRing } from '../../src/encryption/key-ring.ts'
import { EventBus } from '../../src/events/event-bus.ts'
import { systemTimers } from '../../src/events/timers.ts'
import { Keyring } from '../../src/keyring.ts'
import type { ServerContext } from '../../src/operations/operation.ts'
import type { Store } from '../../src/store/store.ts'
import { systemTurns } from '../../src/work-slices.ts'

/** What operations need to know, for servers that are put together by hand. */
export function serverContext(
  store: Store,
  credentials: Credentials,
  maxQueueBytes: number = 1024 * 1024,
): ServerContext {
  const now = (): Date => new Date()
  return {
    store,
    keyring: new Keyring(credentials),
    region: 'us-east-1',
    now,
    encryption: {
      keys: new KeyRing({ masterKey: randomBytes(32), kmsKeys: new Map(), random: randomBytes }),
      customerKeysOverHttp: false,
    },
    events: new EventBus({ now, rulesOf: () => undefined }),
    notifications: { knowsTarget: () => false, timers: systemTimers, maxQueueBytes },
    turns: systemTurns,
  }
}
