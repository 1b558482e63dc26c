import { defineConfig } from 'vitest/config'
import { TableReporter } from './scripts/conformance-reporter.ts'

/** Where the results go as JSON too, for who counts them; see .ci/run. */
const reportFile = process.env['STOWAGE_TEST_REPORT']

const jsonReport: ['json', { outputFile: string }][] =
  reportFile === undefined ? [] : [['json', { outputFile: reportFile }]]

export default defineConfig({
  resolve: { conditions: ['stowage-source'] },
  ssr: { resolve: { conditions: ['stowage-source'] } },
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'test/conformance/**/*.test.ts',
      'examples/**/*.test.ts',
      'scripts/**/*.test.ts',
      // These need the Ceph that test/engines/test-ceph.mjs brings up.
      ...(process.env['CEPH_SCRIPT'] === undefined ? [] : ['test/engines/**/*.test.ts']),
    ],
    reporters: ['default', new TableReporter(), ...jsonReport],
    testTimeout: 20_000,
    // The default leaves a core to nobody, which is half of a small machine.
    maxWorkers: '100%',
  },
})
