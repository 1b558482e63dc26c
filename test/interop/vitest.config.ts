import { defineConfig } from 'vitest/config'

/** The packages are tested from source; other people's clients come from this folder's install. */
export default defineConfig({
  resolve: { conditions: ['stowage-source'] },
  ssr: { resolve: { conditions: ['stowage-source'] } },
  test: {
    include: ['*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 60_000,
    // Much of the time goes to other programs that start; the default leaves a core to nobody.
    maxWorkers: '100%',
  },
})
