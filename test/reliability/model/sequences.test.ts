import { expect, it } from 'vitest'
import { describeFinding, runSequence } from './support/run-sequence.ts'
import { World } from './support/world.ts'

it('agrees', async () => {
  const kind = process.env['KIND'] === 'disk' ? 'disk' : 'memory'
  const started = performance.now()
  let commands = 0
  const world = await World.open(kind)
  const findings: string[] = []
  for (let n = Number(process.env['FROM'] ?? 1); commands < Number(process.env['COMMANDS'] ?? 3000); n += 1) {
    const result = await runSequence(world, { seed: n, scope: n, pace: { clock: 0.02, restart: kind === 'disk' ? 0.01 : 0 } }, () => World.open(kind))
    commands += result.commands
    if (result.finding) { findings.push(describeFinding(result.finding)); if (findings.length >= Number(process.env['MAX'] ?? 3)) break }
  }
  await world.close()
  const cpu = process.cpuUsage(); process.stdout.write(`${commands} in ${performance.now() - started} ms, cpu ${(cpu.user+cpu.system)/1000} ms\n${findings.join('\n\n')}\n`)
  expect(findings.length).toBe(0)
})
