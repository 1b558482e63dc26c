import { execFile } from 'node:child_process'
import { CredentialsError } from '../errors.ts'
import { splitCommandLine } from './command-line.ts'
import type { Credentials } from './credentials-provider.ts'
import { keysOf, parseJsonObject } from './json-keys.ts'

const timeoutMs = 60_000
const maxOutputBytes = 64 * 1024

/**
 * Runs a `credential_process`, without a shell, and reads the keys that it prints.
 *
 * @throws CredentialsError when it fails or prints something else
 */
export async function processCredentials(
  commandLine: string,
  environment: NodeJS.ProcessEnv,
): Promise<Credentials> {
  const words = splitCommandLine(commandLine, process.platform === 'win32')
  const [program, ...argv] = words ?? []
  if (program === undefined || program === '') throw failure('the command line is wrong')
  const output = await run(program, argv, environment)
  const answer = parseJsonObject(output, 'credential-process', 'what the process printed')
  if (answer['Version'] !== 1) throw failure('the process printed another version than 1')
  return keysOf(answer, 'SessionToken', 'credential-process')
}

function run(program: string, argv: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const options = { env, timeout: timeoutMs, maxBuffer: maxOutputBytes, windowsHide: true } as const
  return new Promise((resolve, reject) => {
    const child = execFile(program, argv, options, (error, stdout) => {
      if (error === null) resolve(stdout)
      // Node's error holds the command line and its output: neither may go further.
      else reject(failure(`the process failed (${reasonOf(error)})`))
    })
    child.stdin?.on('error', () => {})
    child.stdin?.end()
  })
}

function reasonOf(error: { code?: unknown; signal?: unknown }): string {
  const { code, signal } = error
  if (typeof code === 'string' || typeof code === 'number') return String(code)
  return typeof signal === 'string' ? signal : 'unknown'
}

function failure(problem: string): CredentialsError {
  return new CredentialsError('credential-process', problem)
}
