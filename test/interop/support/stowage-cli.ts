import { run } from '@stowage/cli'
import { PassThrough } from 'node:stream'

import { CommandError, codeIn } from './command-line.ts'
import type { ClientKind, ObjectFacts, PlainClient, PutOptions, Target } from './driver.ts'

/** Our own program, in this process and from its sources. */
class StowageCli implements PlainClient {
  readonly #environment: Readonly<Record<string, string>>
  readonly features = {}

  constructor({ port, accessKey, secretKey, region }: Target) {
    this.#environment = {
      STOWAGE_ENDPOINT: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: secretKey,
      AWS_REGION: region,
    }
  }

  async #run(args: readonly string[], input?: Buffer): Promise<Buffer> {
    const stdin = new PassThrough()
    const stdout = new PassThrough()
    const stderr = new PassThrough()
    stdin.end(input)
    const said = Promise.all([stdout.toArray(), stderr.toArray()])
    const status = await run(['--json', ...args], {
      environment: this.#environment,
      stdin,
      stdout,
      stderr,
    })
    stdout.end()
    stderr.end()
    const [output, complaints] = (await said) as [Buffer[], Buffer[]]
    if (status === 0) return Buffer.concat(output)
    throw new CommandError(args.join(' '), String(status), Buffer.concat(complaints).toString())
  }

  async #jsonLines(args: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const text = (await this.#run(args)).toString()
    return text
      .split('\n')
      .filter((row) => row !== '')
      .map((row) => JSON.parse(row) as Record<string, unknown>)
  }

  makeBucket(bucket: string): Promise<unknown> {
    return this.#run(['mb', bucket])
  }

  removeBucket(bucket: string): Promise<unknown> {
    return this.#run(['rb', bucket])
  }

  /** It has no option for metadata. */
  put(bucket: string, key: string, bytes: Buffer, options: PutOptions = {}): Promise<unknown> {
    const { contentType } = options
    const type = contentType === undefined ? [] : ['--content-type', contentType]
    return this.#run(['put', ...type, '-', `${bucket}/${key}`], bytes)
  }

  putParts(bucket: string, key: string, bytes: Buffer): Promise<unknown> {
    return this.put(bucket, key, bytes)
  }

  get(bucket: string, key: string): Promise<Buffer> {
    return this.#run(['cat', `${bucket}/${key}`])
  }

  async stat(bucket: string, key: string): Promise<ObjectFacts> {
    const rows = await this.#jsonLines(['stat', `${bucket}/${key}`])
    const facts = new Map(rows.flatMap((row) => Object.entries(row)))
    const metadata = [...facts]
      .filter(([name]) => name.startsWith('meta '))
      .map(([name, value]) => [name.slice('meta '.length), String(value)])
    return {
      sizeBytes: Number.parseInt(String(facts.get('size')), 10),
      etag: String(facts.get('etag')),
      contentType: String(facts.get('type')),
      metadata: Object.fromEntries(metadata),
    }
  }

  async list(bucket: string): Promise<{ keys: readonly string[] }> {
    const rows = await this.#jsonLines(['ls', '--recursive', bucket])
    return { keys: rows.map(({ object }) => String(object)) }
  }

  remove(bucket: string, key: string): Promise<unknown> {
    return this.#run(['rm', `${bucket}/${key}`])
  }

  async presignGet(bucket: string, key: string): Promise<string> {
    const [row] = await this.#jsonLines(['presign', `${bucket}/${key}`])
    return String(row?.['url'])
  }

  codeOf(error: unknown): string {
    return codeIn(error, /"code":"(\w+)"/)
  }

  async close(): Promise<void> {
    // Each command closes its own client.
  }
}

export const stowageCli: ClientKind = {
  name: 'stowage-cli',
  open: (target) => new StowageCli(target),
}
