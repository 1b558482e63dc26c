import { createHash } from 'node:crypto'

import { randomFrom } from '../../../support/random.ts'
import { md5Of, type Fields, type S3Model, type S3Request } from '../s3-model.ts'

/** A request that is being made up; the id comes at the end. */
export type Draft = Partial<Omit<S3Request, 'id' | 'method'>> & Pick<S3Request, 'method'>

/** Weight, and what makes such a request up. */
export type Row = readonly [weight: number, make: (choice: Choice) => Draft]

/** Few keys, so that commands meet; each is an ordinary one or one that was mistaken somewhere. */
export const keys: readonly string[] = [
  'a',
  'a/',
  'a/b',
  'a/b/c',
  'a//b',
  'ab',
  'b',
  '../a',
  './b',
  '.',
  '..',
  '/',
  'a b+c',
  'a%2Fb',
  '<&>"\'',
  'x?versionId=null',
  'x#y',
  '\u0001',
  '\n',
  'ü',
  'u\u0308',
  '\uFFEE',
  '\u{1F600}',
  '__proto__',
  'k'.repeat(1024),
]

type Tags = readonly (readonly [string, string])[]

const ordinaryTags: readonly Tags[] = [
  [],
  [['a', '1']],
  [
    ['a', '2'],
    ['b c', 'x+y'],
  ],
  [
    ['ü', 'é'],
    ['z', ''],
    ['y', '='],
  ],
]

const wrongTags: readonly Tags[] = [
  Array.from({ length: 11 }, (_, index) => [`t${index}`, ''] as const),
  [['', 'x']],
  [
    ['a', '1'],
    ['a', '2'],
  ],
  [['aws:x', '1']],
  [['a', '\u2603']],
  [['k'.repeat(129), '']],
]

/** Seeded choices of one sequence, made with an eye on what the model holds. */
export class Choice {
  readonly random: () => number
  readonly model: S3Model
  readonly buckets: readonly string[]
  readonly #bodies: readonly Buffer[]
  readonly nowMs: () => number

  constructor(
    seed: number,
    input: {
      model: S3Model
      buckets: readonly string[]
      bodies: readonly Buffer[]
      nowMs: () => number
    },
  ) {
    this.random = randomFrom(seed)
    this.model = input.model
    this.buckets = input.buckets
    this.#bodies = input.bodies
    this.nowMs = input.nowMs
  }

  /** True in this share of all cases. */
  chance(share: number): boolean {
    return this.random() < share
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error('there is nothing to pick from')
    // The index is within bounds, and undefined may be one of the items.
    return items[Math.floor(this.random() * items.length)] as T
  }

  /** Either one of the ordinary values or, seldom, one of the wrong ones. */
  mostly<T>(ordinary: readonly T[], wrong: readonly T[], share = 0.05): T {
    return this.pick(this.chance(share) ? wrong : ordinary)
  }

  body(): Buffer {
    return this.pick(this.#bodies)
  }

  bucket(): string {
    return this.mostly(this.buckets, ['missing-bucket'], 0.01)
  }

  key(bucket: string): string {
    const present = this.model.keysOf(bucket)
    if (present.length > 0 && this.chance(0.7)) return this.pick(present)
    return this.mostly(keys, ['k'.repeat(1025), 'ü'.repeat(513)], 0.01)
  }

  /** A bucket and a key in it. */
  place(): { readonly bucket: string; readonly key: string } {
    const bucket = this.bucket()
    return { bucket, key: this.key(bucket) }
  }

  versionId(bucket: string, key: string): string {
    const ids = this.model.versionsOf(bucket, key)
    return this.mostly([...ids, 'null'], ['«v999999»', 'bogus', ''], 0.1)
  }

  /** The parameter that names a version, in this share of all cases. */
  version(bucket: string, key: string, share = 0.3): Record<string, string> {
    return this.chance(share) ? { versionId: this.versionId(bucket, key) } : {}
  }

  /** ETags as conditions take them: mostly that of the object. */
  etag(bucket: string, key: string): string {
    const own = this.model.current(bucket, key)?.etag ?? md5Of(this.body())
    return this.pick([
      `"${own}"`,
      own,
      '*',
      `"${md5Of(this.body())}"`,
      `"${md5Of(this.body())}", "${own}"`,
      '"',
    ])
  }

  date(): string {
    const seconds = this.pick([-86_400, -60, -1, 0, 1, 60])
    const date = new Date(this.nowMs() + seconds * 1000).toUTCString()
    return this.mostly([date], ['yesterday'], 0.1)
  }

  /** These headers, each in its share of all cases. */
  headers(
    rows: readonly (readonly [share: number, name: string, value: () => string])[],
  ): Record<string, string> {
    const chosen: Record<string, string> = {}
    for (const [share, name, value] of rows) if (this.chance(share)) chosen[name] = value()
    return chosen
  }

  /** Up to 3 tags, or what cannot be tags. */
  tags(): Tags {
    return this.mostly(ordinaryTags, wrongTags, 0.1)
  }

  tagSet(): Fields {
    return { TagSet: { Tag: this.tags().map(([Key, Value]) => ({ Key, Value })) } }
  }

  /** An instant around which retention may end. */
  until(): string {
    const days = this.mostly([1, 2, 5, 0.001], [-1, 0], 0.1)
    return new Date(this.nowMs() + days * 86_400_000).toISOString()
  }
}

/** Bodies of many sizes: none, around the limit of small ones, and larger. */
export function bodiesFrom(seed: number): readonly Buffer[] {
  const sizes = [0, 1, 2, 7, 64, 1000, 4095, 4096, 4097, 5000, 20_000, 70_000]
  return sizes.map((size, index) => randomBytesFrom(seed + index, size))
}

/** The same bytes for the same seed. */
export function randomBytesFrom(seed: number, size: number): Buffer {
  const blocks: Buffer[] = []
  for (let made = 0; made < size; made += 64) {
    blocks.push(createHash('sha512').update(`${seed}:${made}`).digest())
  }
  return Buffer.concat(blocks, size)
}
