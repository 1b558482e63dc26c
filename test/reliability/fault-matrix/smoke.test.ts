import { it } from 'vitest'
import { appendFileSync } from 'node:fs'
const log = (...x: unknown[]) => appendFileSync('/tmp/matrix-log.txt', x.join(' ') + '\n')
import { chooseCases, nameOf } from './cases.ts'
import { Matrix, useVirtualClock } from './matrix.ts'
import { presigningOperations } from './operations/presigning.ts'
import { objectOperations } from './operations/objects.ts'
import { bucketOperations } from './operations/buckets.ts'
import { listingOperations } from './operations/listings.ts'
import { sourceObjects, transferOperations } from './operations/transfers.ts'

it('smoke', async () => {
  useVirtualClock()
  Error.stackTraceLimit = 0
  await using matrix = await Matrix.start(sourceObjects)
  await using proxy = await matrix.newProxy()
  for (const operation of [
    ...listingOperations,
    ...presigningOperations,
    ...objectOperations,
    ...bucketOperations,
    ...transferOperations,
  ].filter((o) => new RegExp(process.env['OPS'] ?? '.').test(o.name))) {
    try {
      const measured = await matrix.measure(operation, proxy)
      const cases = chooseCases(
        operation,
        measured,
        Number(process.env['N'] ?? 0),
        Number(process.env['S'] ?? 1),
      )
      log(operation.name)
      const t = performance.now()
      const cpu = process.cpuUsage().user + process.cpuUsage().system
      const seen = new Set()
      for (const c of cases) {
        const t1 = performance.now()
        const f = await matrix.run(c, proxy)
        const t2 = performance.now() - t1
        if (t2 > 40) log('slow', Math.round(t2), nameOf(c))
        if (!f.reached) log('not reached', nameOf(c))
        for (const p of f.complaints) {
          const k = p.problem.slice(0, 40)
          if (!seen.has(k)) log('   ', p.kind, p.problem, ':', nameOf(c))
          seen.add(k)
        }
      }
      if (cases.length)
        log(
          '  ms',
          ((performance.now() - t) / cases.length).toFixed(1),
          'cpu',
          (
            (process.cpuUsage().user + process.cpuUsage().system - cpu) /
            1000 /
            cases.length
          ).toFixed(1),
        )
    } catch (e) {
      log('FAILED', operation.name, e)
    }
  }
}, 600000)
