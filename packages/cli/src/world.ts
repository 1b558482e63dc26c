import type { Readable, Writable } from 'node:stream'

/** Everything of the process that a command may touch; tests give another one. */
export interface World {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable
  readonly stdout: Writable & { readonly isTTY?: boolean }
  readonly stderr: Writable & { readonly isTTY?: boolean }
}
