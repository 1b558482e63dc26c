import { setImmediate } from 'node:timers/promises'
import { expect } from 'vitest'

/** What keeps the process alive now, by kind. */
function countResources(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}

/**
 * Runs a test of connections, closes the client, and demands that no socket, timer or listener
 * is left of it. Rejections that nobody handles fail the run by themselves.
 */
export async function withoutLeaks(
  server: { quiet(): Promise<void> },
  client: { close(): Promise<void> },
  test: () => Promise<void>,
): Promise<void> {
  const before = countResources()
  try {
    await test()
  } finally {
    await client.close()
  }
  await server.quiet()
  const leaked = (): string[] => {
    const kinds = [...countResources()].filter(([kind, count]) => count > (before.get(kind) ?? 0))
    return kinds.map(([kind]) => kind).filter((kind) => kind !== 'Immediate')
  }
  const deadlineMs = performance.now() + 1000
  // No timer here: it would be counted.
  while (leaked().length > 0 && performance.now() < deadlineMs) await setImmediate()
  expect(leaked()).toEqual([])
}
