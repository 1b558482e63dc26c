import { randomBytes } from 'node:crypto'

import { KeyRing } from '../../src/encryption/key-ring.ts'
import { EventBus } from '../../src/events/event-bus.ts'
import { systemTimers } from '../../src/events/timers.ts'
import type { ServerContext } from '../../src/operations/operation.ts'
import type { Store } from '../../src/store/store.ts'

/** What operations need to know, for servers that are put together by hand. */
export function serverContext(store: Store, maxQueueBytes: number = 1024 * 1024): ServerContext {
  const now = (): Date => new Date()
  return {
    store,
    region: 'us-east-1',
    now,
    encryption: {
      keys: new KeyRing({ masterKey: randomBytes(32), kmsKeys: new Map(), random: randomBytes }),
      customerKeysOverHttp: false,
    },
    events: new EventBus({ now, rulesOf: () => undefined }),
    notifications: { knowsTarget: () => false, timers: systemTimers, maxQueueBytes },
  }
}
