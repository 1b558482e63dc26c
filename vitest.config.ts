import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['stowage-source'] },
  ssr: { resolve: { conditions: ['stowage-source'] } },
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'test/conformance/**/*.test.ts',
      'examples/**/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    testTimeout: 20_000,
  },
})
