import { linkSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

import { DamagedDirectoryError } from '@stowage/server'
import { positions, randomFrom } from '../../support/random.ts'
import { record, scaled, seed } from '../support/proof.ts'
import { readLog } from '../../../packages/server/src/store/level/log-file.ts'
import { damaged, openStore, snapshotOf, type Snapshot } from './snapshot.ts'
import {
  makeFolder,
  makeTemplates,
  pathIn,
  writeFiles,
  type Files,
  type Template,
  type Templates,
} from './templates.ts'

/** At most so many bytes of a file are flipped, and so many lengths are cut, per template. */
const flipsPerFile = scaled(40)
const cutsPerFile = scaled(8)
/** Of the directories that are refused, every so many is repaired. */
const casesPerRepair = 8

interface Case {
  readonly what: string
  /** The file that is damaged. */
  readonly file: string
  readonly files: Files
}

type Finding = 'lost' | 'wrong' | 'swept' | 'untyped'

class Proof {
  readonly found: Record<Finding, string[]> = { lost: [], wrong: [], swept: [], untyped: [] }
  readonly #templates: Templates
  readonly #folder = makeFolder()
  cases = 0
  refused = 0
  repaired = 0

  constructor(templates: Templates) {
    this.#templates = templates
  }

  async run(): Promise<void> {
    const random = randomFrom(seed)
    try {
      // The reserve takes room, and says nothing: all directories share one.
      writeFiles(this.#folder, new Map([['reserve', Buffer.alloc(16 * 1024 * 1024)]]))
      for (const template of this.#templates.all) {
        for (const one of casesOf(template.files, random)) await this.#runCase(template, one)
      }
    } finally {
      rmSync(this.#folder, { recursive: true })
    }
  }

  async #runCase(template: Template, { what, file, files }: Case): Promise<void> {
    this.cases += 1
    const directory = join(this.#folder, String(this.cases))
    const told = `${template.name}: ${what}`
    writeFiles(directory, files)
    linkSync(join(this.#folder, 'reserve'), join(directory, 'reserve'))
    const shown = await this.#start(directory, told)
    this.#judgeFiles(directory, files, told)
    if (shown !== undefined) this.#judge(template, { what: told, file, shown })
    else if (this.refused % casesPerRepair === 0) {
      for (const repair of [true, false]) {
        const again = await this.#start(directory, `${told}, repaired`, repair)
        this.#judgeRepaired(template, { what: `${told}, repaired`, file, shown: again })
      }
      this.repaired += 1
    }
    rmSync(directory, { recursive: true })
  }

  /** What a start shows; undefined when it refuses. */
  async #start(directory: string, what: string, repair = false): Promise<Snapshot | undefined> {
    try {
      const store = await openStore(directory, repair)
      try {
        return await snapshotOf(store)
      } finally {
        await store.close()
      }
    } catch (error) {
      this.refused += 1
      if (!(error instanceof DamagedDirectoryError))
        this.#find('untyped', `${what}: ${String(error)}`)
      return undefined
    }
  }

  /** No blob that was there may go: not one of these directories has any without a record. */
  #judgeFiles(directory: string, files: Files, what: string): void {
    const left = new Set(readdirSync(directory, { recursive: true, encoding: 'utf8' }))
    for (const name of files.keys()) {
      if (name.startsWith('blobs/') && !left.has(name)) this.#find('swept', `${what}: ${name}`)
    }
  }

  /** All that was there is shown as it was, or as damaged where it is the damaged file's. */
  #judge(
    template: Template,
    {
      what,
      file,
      shown,
    }: { readonly what: string; readonly file: string; readonly shown: Snapshot },
  ): void {
    for (const [name, expected] of template.holds.entries) {
      const entry = shown.entries.get(name)
      const mayBeDamaged = expected.blobs.some((blob) => file.includes(blob))
      if (entry === undefined) this.#find('lost', `${what}: ${name}`)
      else if (entry.facts !== expected.facts) this.#find('wrong', `${what}: ${name}`)
      else if (entry.bytes !== expected.bytes && !(mayBeDamaged && entry.bytes === damaged)) {
        this.#find(entry.bytes === damaged ? 'lost' : 'wrong', `${what}: ${name}`)
      }
    }
    for (const name of shown.entries.keys()) {
      if (!template.holds.entries.has(name)) this.#find('wrong', `${what}: ${name} is new`)
    }
  }

  /**
   * A repaired directory starts, shows nothing but bytes that its keys have had, and all that can be
   * known without the damaged file: blobs that are files tell of themselves.
   */
  #judgeRepaired(
    template: Template,
    {
      what,
      file,
      shown,
    }: { readonly what: string; readonly file: string; readonly shown: Snapshot | undefined },
  ): void {
    if (shown === undefined) {
      this.#find('lost', `${what}: it cannot be started`)
      return
    }
    const bytesOfPath = new Set<string>()
    for (const [name, { bytes }] of shown.entries) {
      const known = bytes === damaged || this.#templates.ever.has(`${pathIn(name)} ${bytes}`)
      if (!known) this.#find('wrong', `${what}: ${name}`)
      bytesOfPath.add(`${pathIn(name)} ${bytes}`)
    }
    const holdsRecords = /\.(?:log|ldb)\b/.test(file)
    const factsOf = ({ entries }: Snapshot, name: string): string | undefined =>
      entries.get(`bucket ${pathIn(name).split('/')[0]}`)?.facts
    for (const [name, { bytes, blobs }] of template.holds.entries) {
      if (bytesOfPath.has(`${pathIn(name)} ${bytes}`)) continue
      const mayBeLost = blobs.length === 0 ? holdsRecords : blobs.some((id) => file.includes(id))
      // Without the configuration of its bucket nobody knows that an older version was one.
      const isKnown = factsOf(shown, name) === factsOf(template.holds, name)
      if (!mayBeLost && isKnown) this.#find('lost', `${what}: ${name}`)
    }
  }

  #find(finding: Finding, what: string): void {
    this.found[finding].push(what)
  }
}

/** Each file flipped, cut, filled, lengthened, removed, and put in the place of another. */
function* casesOf(files: Files, random: () => number): Iterable<Case> {
  for (const [file, bytes] of files) {
    const changed = (what: string, content: Buffer): Case => ({
      what: `${file} ${what}`,
      file,
      files: new Map([...files, [file, content]]),
    })
    for (const at of positions(bytes.length, flipsPerFile, random)) {
      const flipped = Buffer.from(bytes)
      const bit = Math.floor(random() * 8)
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << bit), at)
      yield changed(`with bit ${bit} of byte ${at} flipped`, flipped)
    }
    const cuts = new Set([...positions(bytes.length, cutsPerFile, random), ...borders(file, bytes)])
    for (const length of cuts) yield changed(`cut to ${length} bytes`, bytes.subarray(0, length))
    yield changed('filled with zeros', Buffer.alloc(bytes.length))
    yield changed('with bytes after its end', Buffer.concat([bytes, Buffer.from('more')]))
    const without = new Map(files)
    without.delete(file)
    yield { what: `${file} removed`, file, files: without }
  }
  yield* swapsOf(files, random)
}

/** Where the records of a log or a MANIFEST begin: what is left of it there is intact. */
function borders(file: string, bytes: Buffer): readonly number[] {
  if (!/^records\/(?:\d+\.log|MANIFEST-\d+)$/.test(file)) return []
  return readLog(bytes).records.map(({ offset }) => offset)
}

/** Each file in the place of one of its kind, and of any other. */
function* swapsOf(files: Files, random: () => number): Iterable<Case> {
  const names = [...files.keys()]
  for (const [file, bytes] of files) {
    const [folder] = file.split('/')
    const others = names.filter((name) => name !== file)
    const siblings = others.filter((name) => name.startsWith(`${folder}/`))
    for (const group of [siblings, others]) {
      const other = group[Math.floor(random() * group.length)]
      if (other === undefined) continue
      yield {
        what: `${file} and ${other} swapped`,
        file: `${file} ${other}`,
        files: new Map([...files, [file, files.get(other) ?? bytes], [other, bytes]]),
      }
    }
  }
}

it('never shows wrong bytes, and never loses or sweeps anything in silence', async () => {
  const proof = new Proof(await makeTemplates())
  await proof.run()
  const { cases, refused, repaired, found } = proof
  const counts = Object.entries(found).map(([name, list]) => [name, list.length] as const)
  record({
    proof: 'decay',
    unit: 'directories',
    reached: cases,
    required: 2000,
    failures: Object.fromEntries(counts),
    notes: [`${refused} starts refused`, `${repaired} directories repaired`],
  })
  expect(found).toEqual({ lost: [], wrong: [], swept: [], untyped: [] })
})
