import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServer, type StowageServer } from '@stowage/server'
import { run } from '../src/run.ts'

let server: StowageServer
let folder: string

beforeAll(async () => {
  server = await startServer()
  folder = await mkdtemp(join(tmpdir(), 'stowage-cli-'))
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

class Sink extends Writable {
  readonly #chunks: Buffer[] = []
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk)
    done()
  }
  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }
}

interface Result {
  readonly code: number
  readonly stdout: Buffer
  readonly stderr: string
  /** Standard output, a JSON value a line. */
  readonly values: Record<string, unknown>[]
}

async function stowage(
  args: readonly string[],
  options: { stdin?: Readable; environment?: Record<string, string> } = {},
): Promise<Result> {
  const stdout = new Sink()
  const stderr = new Sink()
  const code = await run(args, {
    environment: options.environment ?? {
      STOWAGE_ENDPOINT: server.endpoint,
      AWS_ACCESS_KEY_ID: server.accessKey,
      AWS_SECRET_ACCESS_KEY: server.secretKey,
    },
    stdin: options.stdin ?? Readable.from([]),
    stdout,
    stderr,
  })
  const text = stdout.bytes.toString()
  return {
    code,
    stdout: stdout.bytes,
    stderr: stderr.bytes.toString(),
    values: args.includes('--json')
      ? text
          .split('\n')
          .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
      : [],
  }
}

describe('stowage', () => {
  it('makes buckets, stores, lists, shows, fetches and removes', async () => {
    const content = randomBytes(70_000)
    const file = join(folder, 'a file.bin')
    await writeFile(file, content)
    expect((await stowage(['mb', 'photos'])).code).toBe(0)
    expect((await stowage(['put', file, 'photos/sub/'])).code).toBe(0)
    expect((await stowage(['--json', 'ls', 'photos'])).values).toEqual([
      { bucket: 'photos', prefix: 'sub/' },
    ])
    const listed = (await stowage(['--json', 'ls', '-r', 'photos'])).values
    expect(listed).toMatchObject([{ object: 'sub/a file.bin', sizeBytes: 70_000 }])
    expect((await stowage(['--json', 'stat', 'photos/sub/a file.bin'])).values).toContainEqual({
      size: '70000 bytes',
    })
    expect((await stowage(['cat', 'photos/sub/a file.bin'])).stdout).toEqual(content)
    const copy = join(folder, 'copy.bin')
    const got = await stowage(['--json', 'get', 'photos/sub/a file.bin', copy])
    expect(got.values).toMatchObject([{ sizeBytes: 70_000, verifiedBy: 'etag' }])
    expect(await readFile(copy)).toEqual(content)
    expect((await stowage(['rb', 'photos'])).code).toBe(1)
    expect((await stowage(['rm', 'photos/sub/a file.bin'])).code).toBe(0)
    expect((await stowage(['rb', 'photos'])).code).toBe(0)
  })

  it('stores what comes through a pipe, of unknown length', async () => {
    await stowage(['mb', 'pipes'])
    const stdin = new PassThrough()
    stdin.end('through a pipe')
    expect((await stowage(['put', '-', 'pipes/in'], { stdin })).code).toBe(0)
    expect((await stowage(['cat', 'pipes/in'])).stdout.toString()).toBe('through a pipe')
  })

  it('presigns', async () => {
    await stowage(['mb', 'shared'])
    await stowage(['put', '-', 'shared/x'], { stdin: Readable.from(['hello']) })
    const { stdout } = await stowage(['presign', '--expiry', '60', 'shared/x'])
    expect(await (await fetch(stdout.toString().trim())).text()).toBe('hello')
  })

  it('makes control characters of keys visible on a terminal, and keeps them in JSON', async () => {
    await stowage(['mb', 'hostile'])
    await stowage(['put', '-', 'hostile/\u001b[31mred\u202e'], { stdin: Readable.from(['']) })
    const text = (await stowage(['ls', 'hostile'])).stdout.toString()
    expect(text).not.toMatch(/[\u001b\u202e]/)
    const [entry] = (await stowage(['--json', 'ls', 'hostile'])).values
    expect(entry).toMatchObject({ object: '\u001b[31mred\u202e' })
  })

  it.each([
    { name: 'no command', args: [] },
    { name: 'an unknown command', args: ['frobnicate'] },
    { name: 'an unknown option', args: ['ls', '--frobnicate'] },
    { name: 'no object', args: ['cat', 'bucket-alone'] },
    { name: 'a wrong bucket name', args: ['mb', 'Not_A_Bucket'] },
    { name: 'standard input without a name', args: ['put', '-', 'bucket'] },
    { name: 'a wrong expiry', args: ['presign', '--expiry', 'soon', 'a-bucket/b'] },
    { name: 'a key that makes no file name', args: ['get', 'a-bucket/..'] },
  ])('ends with 2 for $name', async ({ args }) => {
    const { code, stderr } = await stowage(args)
    expect(code).toBe(2)
    expect(stderr).not.toBe('')
  })

  it('ends with 2 when no store is named', async () => {
    expect((await stowage(['ls'], { environment: {} })).code).toBe(2)
  })

  it('ends with 1 and the code of the store when that refuses', async () => {
    const { code, stderr } = await stowage(['--json', 'cat', 'no-such-bucket/x'])
    expect(code).toBe(1)
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'NoSuchBucket' } })
  })

  it('never shows the secret key', async () => {
    const { stdout, stderr } = await stowage(['--json', 'ls', 'no-such-bucket'])
    expect(stdout.toString() + stderr).not.toContain(server.secretKey)
  })
})

describe('stowage serve', () => {
  /** Runs until the server has said that it is there, then as after Ctrl-C. */
  async function serveOnce(directory: string, ...more: string[]): Promise<Result> {
    const before = new Set(process.listeners('SIGINT'))
    const result = stowage(['serve', '--json', '--port', '0', '--directory', directory, ...more])
    const ended = result.then(() => true)
    while (!(await Promise.race([ended, nextTurn()]))) {
      if (!existsSync(join(directory, 'master-key'))) continue
      for (const listener of process.listeners('SIGINT')) {
        if (!before.has(listener)) listener('SIGINT')
      }
      break
    }
    return result
  }

  it('refuses a damaged directory until it is told to repair it', async () => {
    const directory = join(folder, 'data')
    expect((await serveOnce(directory)).code).toBe(130)
    await rm(join(directory, 'records/CURRENT'))
    const refused = await stowage(['serve', '--json', '--port', '0', '--directory', directory])
    expect(refused.code).toBe(1)
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { name: 'DamagedDirectoryError' } })
    expect(refused.stderr).toContain('--repair')
    const repaired = await serveOnce(directory, '--repair')
    expect(repaired.values).toMatchObject([{ repaired: { lost: [], rebuilt: [] } }])
    expect((await serveOnce(directory)).values).not.toHaveProperty([0, 'repaired'])
  })

  it('needs a directory to repair', async () => {
    expect((await stowage(['serve', '--repair'])).code).toBe(2)
  })
})

function nextTurn(): Promise<false> {
  return new Promise((resolve) => setImmediate(resolve, false))
}
