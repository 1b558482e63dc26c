import { EventStreamDecoder } from '@stowage/protocol'
import { beforeAll, describe, expect, it, vi } from 'vitest'

import { setVersioning } from './support/documents.ts'
import { RawConnection, type RawClient, type RawResponse } from './support/raw-client.ts'
import { describeServers } from './support/stores.ts'

const csvIn = '<CSV><FileHeaderInfo>USE</FileHeaderInfo></CSV>'

function document(sql: string, input = csvIn): string {
  return (
    `<SelectObjectContentRequest><Expression>${sql}</Expression>` +
    '<ExpressionType>SQL</ExpressionType>' +
    `<InputSerialization>${input}</InputSerialization>` +
    '<OutputSerialization><CSV/></OutputSerialization></SelectObjectContentRequest>'
  )
}

function recordsOf(response: RawResponse): string {
  const decoder = new EventStreamDecoder()
  const messages = decoder.push(response.body)
  decoder.end()
  const types = messages.map(({ headers }) => headers.get(':event-type')?.value)
  expect(types.slice(-2)).toEqual(['Stats', 'End'])
  const records = messages.filter((_, at) => types[at] === 'Records')
  return Buffer.concat(records.map(({ payload }) => payload)).toString()
}

describeServers('select', (fixture) => {
  const bucket = 'selected'
  const query = { select: '', 'select-type': '2' }
  let client: RawClient

  beforeAll(async () => {
    client = fixture().client
    await client.makeBucket(bucket)
    await client.put(bucket, 'data.csv', 'id,name\n1,a\n2,b\n3,"c,d"\n')
  })

  const select = (body: string, more = {}): Promise<RawResponse> =>
    client.send({ method: 'POST', bucket, key: 'data.csv', query, body, ...more })

  it('streams the records of an object', async () => {
    const response = await select(document('SELECT name FROM S3Object WHERE id &gt;= 2'))
    expect(response.status).toBe(200)
    expect(response.headers['content-length']).toBeUndefined()
    expect(recordsOf(response)).toBe('b\n"c,d"\n')
  })

  it('streams large results, and reads on behind them', async () => {
    const line = `${'x'.repeat(99)}\n`
    await client.put(bucket, 'large.csv', line.repeat(30_000))
    const sql = 'SELECT * FROM S3Object'
    const response = await select(document(sql, '<CSV/>'), { key: 'large.csv' })
    expect(recordsOf(response)).toBe(line.repeat(30_000))
    expect(recordsOf(await select(document('SELECT id FROM S3Object LIMIT 1')))).toBe('1\n')
  })

  describe('a query of 1,000 terms', () => {
    const terms = Array.from({ length: 1000 }, (_, at) => `name = 'x${at}'`).join(' OR ')
    const sql = `SELECT id FROM S3Object WHERE ${terms}`
    const rows = Array.from({ length: 8000 }, (_, at) => `${at},name${at},${at * 7}\n`)
    const key = 'many.csv'

    beforeAll(() => client.put(bucket, key, `id,name,value\n${rows.join('')}`))

    it('lets other requests be served meanwhile', async () => {
      const answers: RawResponse[] = []
      const answer = select(document(sql), { key }).then((response) => answers.push(response))
      let served = 0
      for (; answers.length === 0; served++) {
        expect((await client.get(bucket, 'data.csv')).status).toBe(200)
      }
      await answer
      expect(answers.map(recordsOf)).toEqual([''])
      // Some 50 slices, in each of which some requests are served.
      expect(served).toBeGreaterThan(10)
    })

    it('ends when its receiver has gone', async () => {
      const immediate = vi.spyOn(globalThis, 'setImmediate')
      const turns = (): number => immediate.mock.calls.length
      try {
        const body = document(sql)
        const connection = new RawConnection(fixture().server.port)
        const input = { method: 'POST', bucket, key, query, body }
        const length = { 'content-length': String(Buffer.byteLength(body)) }
        connection.write(client.wireHead(input, length) + body)
        const begun = turns() + 5
        while (turns() < begun) await client.get(bucket, 'data.csv')
        connection.destroy()
        await connection.untilClosed()
        let before = -1
        while (turns() !== before) {
          before = turns()
          await client.get(bucket, 'data.csv')
          await client.get(bucket, 'data.csv')
        }
        // All of it would be some 50.
        expect(turns()).toBeLessThan(begun + 25)
      } finally {
        immediate.mockRestore()
      }
    })
  })

  it('reads the version that is named', async () => {
    await client.makeBucket('versions')
    await setVersioning(client, 'versions', 'Enabled')
    const first = await client.put('versions', 'data.csv', 'id\nold\n')
    await client.put('versions', 'data.csv', 'id\nnew\n')
    const versionId = String(first.headers['x-amz-version-id'])
    const body = document('SELECT * FROM S3Object')
    const of = (more: object): Promise<RawResponse> => select(body, { bucket: 'versions', ...more })
    expect(recordsOf(await of({}))).toBe('new\n')
    expect(recordsOf(await of({ query: { ...query, versionId } }))).toBe('old\n')
  })

  describe('refuses, as XML,', () => {
    it.each([
      ['a wrong query', document('SELECT'), {}, 400, 'ParseEmptySelect'],
      ['an unknown column', document('SELECT x FROM S3Object'), {}, 400, 'MissingHeaders'],
      [
        'a value that cannot be converted',
        document('SELECT CAST(name AS INT) FROM S3Object'),
        {},
        400,
        'CastFailed',
      ],
      ['no document', '', {}, 400, 'EmptyRequestBody'],
      ['another document', '<Tagging/>', {}, 400, 'MalformedXML'],
      ['another object', document('SELECT * FROM S3Object'), { key: 'no' }, 404, 'NoSuchKey'],
      [
        'another bucket',
        document('SELECT * FROM S3Object'),
        { bucket: 'none' },
        404,
        'NoSuchBucket',
      ],
      [
        'no type',
        document('SELECT * FROM S3Object'),
        { query: { select: '' } },
        400,
        'InvalidArgument',
      ],
      [
        'a range',
        document('SELECT * FROM S3Object'),
        { headers: { range: 'bytes=0-1' } },
        400,
        'UnsupportedRangeHeader',
      ],
      [
        'BZIP2',
        document('SELECT * FROM S3Object', `<CompressionType>BZIP2</CompressionType>${csvIn}`),
        {},
        501,
        'NotImplemented',
      ],
    ])('%s', async (_name, body, more, status, code) => {
      expect(await select(body, more)).toMatchObject({ status, code })
    })

    it('strangers', async () => {
      const response = await select(document('SELECT * FROM S3Object'), { signed: false })
      expect(response).toMatchObject({ status: 403, code: 'AccessDenied' })
    })
  })
})
