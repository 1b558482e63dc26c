import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A command that did not end with 0. */
export class CommandError extends Error {
  /** Everything that it printed. */
  readonly output: string

  constructor(command: string, status: string, output: string) {
    super(`${command} ended with ${status}: ${output.slice(0, 500)}`)
    this.output = output
  }
}

/** A command that takes longer is ended. */
const limitMs = 60_000

/**
 * Somebody else's program in a home of its own, which holds nothing but what the test puts there.
 * No shell is between, so that arguments arrive as they are.
 */
export class CommandLine {
  readonly #program: string
  readonly #environment: Readonly<Record<string, string>>
  readonly #home: string
  #files = 0

  private constructor(
    program: string,
    environment: Readonly<Record<string, string>>,
    home: string,
  ) {
    this.#program = program
    this.#environment = environment
    this.#home = home
  }

  static async open(
    program: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<CommandLine> {
    const home = await mkdtemp(join(tmpdir(), 'stowage-interop-home-'))
    return new CommandLine(program, environment, home)
  }

  /** Runs a command to its end. Returns what it wrote to standard output. */
  run(args: readonly string[], input?: Buffer): Promise<Buffer> {
    const child = spawn(this.#program, args, {
      cwd: this.#home,
      env: {
        PATH: '/usr/bin:/bin',
        LC_ALL: 'C.UTF-8',
        HOME: this.#home,
        TMPDIR: this.#home,
        ...this.#environment,
      },
      timeout: limitMs,
      killSignal: 'SIGKILL',
    })
    const output: Buffer[] = []
    const complaints: Buffer[] = []
    child.stdout.on('data', (bytes: Buffer) => output.push(bytes))
    child.stderr.on('data', (bytes: Buffer) => complaints.push(bytes))
    // A command that fails early does not read its input.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
    return new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => {
        if (code === 0) return resolve(Buffer.concat(output))
        const said = Buffer.concat([...complaints, ...output]).toString()
        const command = [this.#program, ...args].join(' ')
        return reject(new CommandError(command, String(signal ?? code), said))
      })
    })
  }

  async text(args: readonly string[], input?: Buffer): Promise<string> {
    return (await this.run(args, input)).toString()
  }

  /** The path of a new file with these bytes, for commands that read or write files alone. */
  async file(bytes: Buffer | string = '', name = `file-${this.#files++}`): Promise<string> {
    const path = join(this.#home, name)
    await writeFile(path, bytes, { mode: 0o600 })
    return path
  }

  /** What a command writes into a file that it is given. */
  async written(command: (path: string) => Promise<unknown>): Promise<Buffer> {
    const path = await this.file()
    await command(path)
    return readFile(path)
  }

  close(): Promise<void> {
    return rm(this.#home, { recursive: true, force: true })
  }
}

/** Where a program is: a variable names another one than Debian's. Undefined when it is not there. */
export function findProgram(variable: string, ...paths: readonly string[]): string | undefined {
  const named = process.env[variable]
  if (named !== undefined && named !== '') return named
  return paths.find((path) => existsSync(path))
}

/** The first group of an expression in what a failed command printed. */
export function codeIn(error: unknown, pattern: RegExp): string {
  if (!(error instanceof CommandError)) return String(error)
  return pattern.exec(error.output)?.[1] ?? error.output
}
