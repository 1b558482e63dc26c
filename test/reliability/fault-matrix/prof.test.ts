import { Session } from 'node:inspector/promises'
import { it } from 'vitest'
import { chooseCases } from './cases.ts'
import { Matrix, useVirtualClock } from './matrix.ts'
import { objectOperations } from './operations/objects.ts'
import { appendFileSync } from 'node:fs'
const log = (...x: unknown[]) => appendFileSync('/tmp/matrix-prof.txt', x.join(' ') + '\n')
it('prof', async () => {
  useVirtualClock()
  Error.stackTraceLimit = 0
  await using matrix = await Matrix.start()
  await using proxy = await matrix.newProxy()
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.start')
  const c0 = process.cpuUsage()
  let n = 0
  for (const operation of objectOperations.filter((o) =>
    /^(putObject|getObject|statObject)$/.test(o.name),
  )) {
    const cases = chooseCases(operation, await matrix.measure(operation, proxy), 100, 5)
    for (const c of cases) {
      await matrix.run(c, proxy)
      n++
    }
  }
  const c1 = process.cpuUsage(c0)
  log('cpu per case', (c1.user / 1000 / n).toFixed(2), 'sys', (c1.system / 1000 / n).toFixed(2))
  const { profile } = (await session.post('Profiler.stop')) as any
  const parent = new Map()
  for (const x of profile.nodes) for (const c of x.children ?? []) parent.set(c, x)
  const hits = profile.nodes
    .filter((x: any) => x.callFrame.functionName === 'lstat')
    .sort((a: any, b: any) => b.hitCount - a.hitCount)
    .slice(0, 3)
  for (let x of hits) {
    log('--')
    for (let y = x; y; y = parent.get(y.id))
      log(y.hitCount, y.callFrame.functionName, y.callFrame.url.slice(-60))
  }
  const self = new Map<string, number>()
  const dt = profile.timeDeltas
  const byId = new Map(profile.nodes.map((x: any) => [x.id, x]))
  profile.samples.forEach((id: number, i: number) => {
    const f = (byId.get(id) as any).callFrame
    const k = `${f.functionName} ${f.url.split('/').slice(-3).join('/')}:${f.lineNumber}`
    self.set(k, (self.get(k) ?? 0) + dt[i])
  })
  for (const [k, v] of [...self].sort((a, b) => b[1] - a[1]).slice(0, 45))
    log((v / 1000 / n).toFixed(3), k)
}, 600000)
