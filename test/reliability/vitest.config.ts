import { defineConfig } from 'vitest/config'

/** Where the results go as JSON too; see .ci/run. */
const reportFile = process.env['STOWAGE_TEST_REPORT']
const jsonReport: ['json', { outputFile: string }][] =
  reportFile === undefined ? [] : [['json', { outputFile: reportFile }]]

export default defineConfig({
  resolve: { conditions: ['stowage-source'] },
  ssr: { resolve: { conditions: ['stowage-source'] } },
  test: {
    root: import.meta.dirname,
    reporters: ['default', ...jsonReport],
    // Each proof has deadlines of its own; these limits only end a run that is lost.
    testTimeout: 30 * 60_000 * Math.max(1, Number(process.env['STOWAGE_SCALE'] ?? 1)),
    hookTimeout: 120_000,
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: {
          name: 'side by side',
          include: ['**/*.test.ts'],
          exclude: ['alone/**'],
          globalSetup: ['support/build.ts'],
        },
      },
      // These measure the server under load, so nothing else runs beside them.
      {
        extends: true,
        test: {
          name: 'alone',
          include: ['alone/**/*.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
