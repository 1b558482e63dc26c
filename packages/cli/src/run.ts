import { CommanderError, type Command } from 'commander'
import { Output } from './output.ts'
import { createProgram } from './program.ts'
import { UsageError } from './usage-error.ts'
import type { World } from './world.ts'

/** What the shell gets to see. */
const exitCodes = { success: 0, failure: 1, usage: 2 } as const

/** Shells add the signal's number to this. */
const signalBase = 128
const stopSignals = { SIGINT: 2, SIGTERM: 15 } as const

class Stopped extends Error {
  override readonly name = 'Stopped'
  readonly exitCode: number

  constructor(exitCode: number) {
    super('stopped')
    this.exitCode = exitCode
  }
}

/** Ends commands on a signal: the first lets them clean up, the second ends the process. */
function listenForStop(controller: AbortController): () => void {
  const names = Object.keys(stopSignals) as (keyof typeof stopSignals)[]
  const listeners = names.map((name) => {
    const exitCode = signalBase + stopSignals[name]
    const listener = (): void => {
      if (controller.signal.aborted) process.exit(exitCode)
      controller.abort(new Stopped(exitCode))
    }
    process.on(name, listener)
    return () => process.off(name, listener)
  })
  return () => listeners.forEach((stop) => stop())
}

/** Nothing that commander prints goes past the given world. */
function silence(command: Command, world: World): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => world.stdout.write(text),
    writeErr: (text) => world.stderr.write(text),
  })
  for (const sub of command.commands) silence(sub, world)
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE'
}

function exitCodeOf(error: unknown, world: World, json: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage
  if (error instanceof Stopped) return error.exitCode
  // `stowage ls | head` has what it wanted.
  if (isBrokenPipe(error)) return exitCodes.success
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  new Output(world, json).fail({ text: `stowage: ${message}`, json: { name, code, message } })
  const wrongUse = error instanceof UsageError || name === 'InvalidArgumentError'
  return wrongUse ? exitCodes.usage : exitCodes.failure
}

/**
 * Runs one command line.
 *
 * @param args without the names of node and of the script
 * @returns the exit code: 0 done, 1 failed, 2 wrong use, 130 and 143 stopped by a signal
 */
export async function run(args: readonly string[], world: World): Promise<number> {
  const controller = new AbortController()
  const stopListening = listenForStop(controller)
  const onPipeError = (error: Error): void => controller.abort(error)
  world.stdout.on('error', onPipeError)
  const program = createProgram(world, controller.signal)
  silence(program, world)
  try {
    await program.parseAsync([...args], { from: 'user' })
    const reason: unknown = controller.signal.reason
    return reason instanceof Stopped ? reason.exitCode : exitCodes.success
  } catch (error) {
    return exitCodeOf(error, world, args.includes('--json'))
  } finally {
    stopListening()
    world.stdout.off('error', onPipeError)
  }
}
