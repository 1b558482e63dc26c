import { dirname } from 'node:path'
import {
  systemFiles,
  type FileSystem,
  type OpenFile,
} from '../../../packages/server/src/store/file-system.ts'

/** One call of the file system, or of an open file. */
export type CallKind = keyof FileSystem | keyof OpenFile

export interface Call {
  readonly kind: CallKind
  readonly path: string
}

/** What goes wrong with a call. */
export interface Fault {
  readonly name: string
  /** The error's code; absent: the call succeeds, but does less than it was asked for. */
  readonly code?: string | undefined
  /** Half of the bytes are read, or written, before. */
  readonly partial: boolean
  /** Whether all calls that follow fail, too. */
  readonly lasting: boolean
}

const codes = ['EIO', 'ENOSPC', 'EDQUOT', 'EMFILE', 'EACCES', 'EROFS'] as const

/** Every fault, once and until the end of the operation. */
export const faults: readonly Fault[] = [false, true].flatMap((lasting) => {
  const when = lasting ? 'from then on' : 'once'
  return [
    ...codes.map((code) => ({ name: `${code} ${when}`, code, partial: false, lasting })),
    { name: `short ${when}`, partial: true, lasting },
    { name: `torn EIO ${when}`, code: 'EIO', partial: true, lasting },
    { name: `torn ENOSPC ${when}`, code: 'ENOSPC', partial: true, lasting },
  ]
})

/** Whether a fault can happen to a call. */
export function applies({ partial, code }: Fault, kind: CallKind): boolean {
  if (!partial) return true
  return kind === 'writev' || (kind === 'read' && code === undefined)
}

/** A file system that counts its calls, fails one of them, and sees what is left open or unsafe. */
export class FaultyFiles implements FileSystem {
  /** The calls since `arm`. */
  calls: Call[] = []
  /** Those of them that failed. */
  failed: Call[] = []
  openHandles = 0
  /** What no store may do, such as trusting a file whose fsync failed. */
  readonly misuses: string[] = []
  #armed: { readonly at: number; readonly fault: Fault } | undefined
  #underWay = 0
  readonly #unsafe = new Set<string>()
  readonly #doomed = new Set<string>()

  /** From now on counts anew, and lets the call of this number fail. */
  arm(at: number, fault: Fault | undefined): void {
    this.calls = []
    this.failed = []
    this.#armed = fault && { at, fault }
  }

  /** From now on nothing fails. */
  disarm(): void {
    this.#armed = undefined
  }

  /** Waits until no call is under way and no file is open; false when that does not come. */
  async settled(): Promise<boolean> {
    const deadline = performance.now() + 10_000
    while (this.#underWay > 0 || this.openHandles > 0) {
      if (performance.now() > deadline) return false
      await new Promise((resolve) => void setImmediate(resolve))
    }
    return true
  }

  /** Files whose bytes or names no fsync has made safe. */
  unsafeOf(paths: readonly string[]): readonly string[] {
    return paths.filter((path) => this.#unsafe.has(path) || this.#unsafe.has(dirname(path)))
  }

  openToRead(path: string, options: { readonly followsLink: boolean }): Promise<OpenFile> {
    return this.#call({ kind: 'openToRead', path }, async () =>
      this.#opened(path, await systemFiles.openToRead(path, options)),
    )
  }

  create(path: string): Promise<OpenFile> {
    return this.#call({ kind: 'create', path }, async () => {
      const file = await systemFiles.create(path)
      this.#unsafe.add(path).add(dirname(path))
      return this.#opened(path, file)
    })
  }

  makeDirectory(path: string, options: { readonly recursive: boolean }): Promise<void> {
    return this.#call({ kind: 'makeDirectory', path }, () =>
      systemFiles.makeDirectory(path, options),
    )
  }

  list(path: string): Promise<readonly string[]> {
    return this.#call({ kind: 'list', path }, () => systemFiles.list(path))
  }

  isDirectory(path: string): Promise<boolean> {
    return this.#call({ kind: 'isDirectory', path }, () => systemFiles.isDirectory(path))
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call({ kind: 'rename', path: from }, async () => {
      await systemFiles.rename(from, to)
      if (this.#unsafe.delete(from)) this.#unsafe.add(to)
      this.#unsafe.add(dirname(to))
    })
  }

  unlink(path: string): Promise<void> {
    return this.#call({ kind: 'unlink', path }, async () => {
      await systemFiles.unlink(path)
      this.#unsafe.delete(path)
      this.#doomed.delete(path)
    })
  }

  removeDirectory(path: string): Promise<void> {
    return this.#call({ kind: 'removeDirectory', path }, () => systemFiles.removeDirectory(path))
  }

  /** Files whose fsync failed and that are still there. */
  get doomed(): readonly string[] {
    return [...this.#doomed]
  }

  #opened(path: string, file: OpenFile): OpenFile {
    this.openHandles += 1
    let closed = false
    return {
      read: (buffer, offset, length, position) =>
        this.#call(
          { kind: 'read', path },
          () => file.read(buffer, offset, length, position),
          () => file.read(buffer, offset, Math.ceil(length / 2), position),
        ),
      writev: (chunks) =>
        this.#call(
          { kind: 'writev', path },
          () => file.writev(chunks),
          () => file.writev([halfOf(chunks)]),
        ),
      stat: () => this.#call({ kind: 'stat', path }, () => file.stat()),
      sync: () => this.#sync(path),
      close: () => {
        if (closed) this.misuses.push(`${path} is closed twice`)
        closed = true
        this.openHandles -= 1
        // The system takes the handle back, whatever it answers.
        const closing = file.close()
        return this.#call({ kind: 'close', path }, () => closing)
      },
    }
  }

  /** Does not wait for a disk: what is safe is counted here. */
  #sync(path: string): Promise<void> {
    if (this.#doomed.has(path)) this.misuses.push(`${path} is synced after its fsync failed`)
    return this.#call({ kind: 'sync', path }, () => {
      this.#unsafe.delete(path)
      return Promise.resolve()
    }).catch((error: unknown) => {
      // A directory may be synced again, for the next file that it gets.
      if (this.calls.some((call) => call.path === path && call.kind === 'writev')) {
        this.#doomed.add(path)
      }
      throw error
    })
  }

  async #call<T>(call: Call, run: () => Promise<T>, runPart: () => Promise<T> = run): Promise<T> {
    const fault = this.#faultOf(call)
    this.calls.push(call)
    this.#underWay += 1
    try {
      if (fault === undefined) return await run()
      this.failed.push(call)
      const part = fault.partial ? await runPart() : undefined
      if (fault.code !== undefined) throw failure(fault.code, call)
      return part ?? (await run())
    } finally {
      this.#underWay -= 1
    }
  }

  #faultOf({ kind }: Call): Fault | undefined {
    if (this.#armed === undefined) return undefined
    const { at, fault } = this.#armed
    const isDue = fault.lasting ? this.calls.length >= at : this.calls.length === at
    return isDue && applies(fault, kind) ? fault : undefined
  }
}

function halfOf(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.concat(chunks)
  return bytes.subarray(0, Math.ceil(bytes.length / 2))
}

function failure(code: string, { kind, path }: Call): Error {
  return Object.assign(new Error(`${code}: ${kind} '${path}'`), { code, syscall: kind, path })
}
