import { createHash } from 'node:crypto'

import { InvalidArgumentError, S3Error, type Client } from 'stowage'
import { encodeKeyPath } from '@stowage/protocol'

import type { Answer, S3Request } from '../s3-model.ts'
import { keys, type Choice, type Draft } from './choice.ts'
import { elementsOf, textOf } from './xml-tree.ts'

/** What a call of the library comes to, as plain data. */
export type Outcome = Readonly<Record<string, unknown>> | { readonly refused: readonly string[] }

/** A call, the request that means the same, and what the answer to that comes to. */
export interface Call {
  readonly told: string
  readonly request: Draft
  readonly run: (client: Client) => Promise<Outcome>
  readonly expected: (answer: Answer) => Outcome
}

type Make = (choice: Choice, place: { readonly bucket: string; readonly key: string }) => Call

const argumentCodes: readonly string[] = ['KeyTooLongError', 'InvalidArgument', 'NoSuchKey']

function sha1(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex')
}

function etagOf({ headers }: Answer): string | undefined {
  return headers?.['etag']?.replaceAll('"', '')
}

/** Each keeps a version or none of them does. */
function isVersioned({ headers }: Answer): boolean {
  return headers?.['x-amz-version-id'] !== undefined
}

/** Conditions as the library takes them, and as headers. */
function conditionsOf(
  choice: Choice,
  place: { bucket: string; key: string },
  names: readonly string[],
) {
  const headers: Record<string, string> = {}
  const conditions: { ifMatch?: string; ifNoneMatch?: string } = {}
  const etag = choice.model.current(place.bucket, place.key)?.etag ?? '0'.repeat(32)
  if (names.includes('if-match') && choice.chance(0.15)) {
    const wanted = choice.pick([etag, 'f'.repeat(32)])
    headers['if-match'] = conditions.ifMatch = wanted
  }
  if (names.includes('if-none-match') && choice.chance(0.15)) {
    headers['if-none-match'] = conditions.ifNoneMatch = '*'
  }
  return { headers, conditions }
}

const put: Make = (choice, place) => {
  const body = choice.body()
  const { headers, conditions } = conditionsOf(choice, place, ['if-match', 'if-none-match'])
  // What the library says where the caller does not.
  headers['content-type'] = 'application/octet-stream'
  const metadata: Record<string, string> = choice.chance(0.3) ? { colour: 'red' } : {}
  for (const [name, value] of Object.entries(metadata)) headers[`x-amz-meta-${name}`] = value
  return {
    told: `putObject ${body.length}`,
    request: { method: 'PUT', ...place, headers, body },
    run: async (client) => {
      const options = { metadata, conditions }
      const { etag, versionId } = await client.putObject(place.bucket, place.key, body, options)
      return { etag, isVersioned: versionId !== undefined }
    },
    expected: (answer) => ({ etag: etagOf(answer), isVersioned: isVersioned(answer) }),
  }
}

const get: Make = (choice, place) => {
  const size = choice.model.current(place.bucket, place.key)?.body.length ?? 0
  const hasRange = size > 0 && choice.chance(0.4)
  const offset = hasRange ? Math.floor(choice.random() * size) : undefined
  const length = hasRange ? 1 + Math.floor(choice.random() * size) : undefined
  const range = `bytes=${offset}-${(offset ?? 0) + (length ?? 1) - 1}`
  return {
    told: `getObject ${offset} ${length}`,
    request: { method: 'GET', ...place, headers: hasRange ? { range } : {} },
    run: async (client) => {
      const reader = await client.getObject(place.bucket, place.key, { offset, length })
      const { etag } = reader.stat
      return { etag, bytes: sha1(await reader.bytes()) }
    },
    expected: (answer) => ({
      etag: etagOf(answer),
      bytes: Buffer.isBuffer(answer.body) ? sha1(answer.body) : '',
    }),
  }
}

const stat: Make = (_choice, place) => ({
  told: 'statObject',
  request: { method: 'HEAD', ...place },
  run: async (client) => {
    const { etag, sizeBytes, contentType, metadata } = await client.statObject(
      place.bucket,
      place.key,
    )
    return { etag, sizeBytes, contentType, colour: metadata['colour'] }
  },
  expected: (answer) => ({
    etag: etagOf(answer),
    sizeBytes: Number(answer.headers?.['content-length']),
    contentType: answer.headers?.['content-type'],
    colour: answer.headers?.['x-amz-meta-colour'],
  }),
})

const remove: Make = (choice, place) => {
  const { headers, conditions } = conditionsOf(choice, place, ['if-match'])
  return {
    told: 'removeObject',
    request: { method: 'DELETE', ...place, headers },
    run: async (client) => {
      const removed = await client.removeObject(place.bucket, place.key, { conditions })
      return { isDeleteMarker: removed.isDeleteMarker }
    },
    expected: ({ headers }) => ({ isDeleteMarker: headers?.['x-amz-delete-marker'] === 'true' }),
  }
}

const copy: Make = (choice, place) => {
  const source = { bucket: place.bucket, object: choice.key(place.bucket) }
  const headers = { 'x-amz-copy-source': `${source.bucket}/${encodeKeyPath(source.object)}` }
  return {
    told: `copyObject ${source.object}`,
    request: { method: 'PUT', ...place, headers },
    run: async (client) => {
      const { etag } = await client.copyObject(place.bucket, place.key, source)
      return { etag }
    },
    expected: ({ body }) => ({
      etag:
        body === undefined || Buffer.isBuffer(body)
          ? ''
          : textOf(body.fields, 'ETag').replaceAll('"', ''),
    }),
  }
}

/** Pages of two are as good as one of all. */
const list: Make = (choice, { bucket }) => {
  const prefix = choice.pick(['', 'a', 'a/', '../'])
  const recursive = choice.chance(0.5)
  const startAfter = choice.pick(['', 'a/b', keys[7] ?? ''])
  const pageSize = choice.pick([2, 1000])
  const delimiter = recursive ? {} : { delimiter: '/' }
  const query = { 'list-type': '2', prefix, 'start-after': startAfter, ...delimiter }
  return {
    told: `listObjects ${JSON.stringify({ prefix, recursive, startAfter, pageSize })}`,
    request: { method: 'GET', bucket, query },
    run: async (client) => {
      const names: string[] = []
      const options = { prefix, recursive, pageSize, ...(startAfter === '' ? {} : { startAfter }) }
      for await (const entry of client.listObjectsV2(bucket, options)) {
        names.push(entry.isPrefix ? `${entry.prefix} (prefix)` : `${entry.object} ${entry.etag}`)
      }
      return { names: names.toSorted() }
    },
    expected: ({ body }) => {
      if (body === undefined || Buffer.isBuffer(body)) return { names: [] }
      const objects = elementsOf(body.fields, 'Contents').map(
        (one) => `${textOf(one, 'Key')} ${textOf(one, 'ETag').replaceAll('"', '')}`,
      )
      const prefixes = elementsOf(body.fields, 'CommonPrefixes').map(
        (one) => `${textOf(one, 'Prefix')} (prefix)`,
      )
      return { names: [...objects, ...prefixes].toSorted() }
    },
  }
}

const tag: Make = (choice, place) => {
  const value = choice.pick(['1', 'x y', 'ü'])
  const document = { root: 'Tagging', fields: { TagSet: { Tag: { Key: 'colour', Value: value } } } }
  return {
    told: `setObjectTags ${value}`,
    request: { method: 'PUT', ...place, query: { tagging: '' }, document },
    run: async (client) => {
      await client.setObjectTags(place.bucket, place.key, { colour: value })
      return {}
    },
    expected: () => ({}),
  }
}

const versioning: Make = (choice, { bucket }) => {
  const isOn = choice.chance(0.5)
  const fields = { Status: isOn ? 'Enabled' : 'Suspended' }
  const document = { root: 'VersioningConfiguration', fields }
  return {
    told: `versioning ${isOn}`,
    request: { method: 'PUT', bucket, query: { versioning: '' }, document },
    run: async (client) => {
      await (isOn ? client.enableBucketVersioning(bucket) : client.disableBucketVersioning(bucket))
      return {}
    },
    expected: () => ({}),
  }
}

const calls: readonly Make[] = [put, put, put, get, get, stat, remove, copy, list, tag, versioning]

/** Makes a call up, among keys that some clients cannot send. */
export function nextCall(choice: Choice): Call {
  const bucket = choice.pick(choice.buckets)
  const place = { bucket, key: choice.key(bucket) }
  // Versioning stays as it is most of the time.
  const make = choice.pick(calls)
  return (make === versioning && choice.chance(0.8) ? put : make)(choice, place)
}

/** A key that is too long the library refuses itself, with what the server would refuse it for. */
export async function outcomeOf(call: Call, client: Client): Promise<Outcome> {
  try {
    return await call.run(client)
  } catch (error) {
    if (error instanceof S3Error) return { refused: [error.code] }
    if (error instanceof InvalidArgumentError) return { refused: argumentCodes }
    throw error
  }
}

export function expectedOutcome(call: Call, answer: Answer): Outcome {
  return answer.codes === undefined ? call.expected(answer) : { refused: answer.codes }
}

export function sameOutcome(outcome: Outcome, expected: Outcome): boolean {
  if ('refused' in expected && 'refused' in outcome) {
    const { refused } = expected
    const { refused: told } = outcome
    return (
      Array.isArray(refused) && Array.isArray(told) && told.some((code) => refused.includes(code))
    )
  }
  return JSON.stringify(outcome) === JSON.stringify(expected)
}

export function requestOf(call: Call, id: number): S3Request {
  return { bucket: '', key: '', query: {}, headers: {}, ...call.request, id }
}
