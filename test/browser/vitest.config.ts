import { defineConfig } from 'vitest/config'

/** The packages are tested from source; what drives the browser comes from this folder's install. */
export default defineConfig({
  resolve: { conditions: ['stowage-source'] },
  ssr: { resolve: { conditions: ['stowage-source'] } },
  test: {
    include: ['*.test.ts'],
    // One browser at a time.
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
