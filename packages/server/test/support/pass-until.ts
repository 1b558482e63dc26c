import type { ManualTimers } from './manual-timers.ts'

/** The step of time, that of the server's own limits. */
const stepMs = 500

/**
 * Lets time pass in steps, and everybody react in between, until the promise settles.
 * @returns how much has passed, in milliseconds
 */
export async function passUntil(
  timers: ManualTimers,
  settled: Promise<unknown>,
  onStep: (passedMs: number) => void = () => undefined,
): Promise<number> {
  const wait = { isOver: false }
  let passedMs = 0
  void settled.finally(() => (wait.isOver = true))
  await react()
  while (!wait.isOver) {
    timers.pass(stepMs)
    passedMs += stepMs
    onStep(passedMs)
    await react()
  }
  return passedMs
}

/** Bytes on loopback need a few turns of the event loop to arrive and to be answered. */
export async function react(turns: number = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
