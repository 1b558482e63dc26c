import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { S3Failure } from '../../src/failure.ts'
import { FormReader } from '../../src/http/form/form-reader.ts'
import { formBoundary } from '../../src/http/form/part-head.ts'

interface Form {
  readonly fields: Record<string, string>
  readonly filename: string
  readonly file: string
}

/** The body as the network might cut it. */
function sourceOf(body: Buffer, cuts: readonly number[]): { next(): Promise<Buffer | undefined> } {
  const positions = [...new Set(cuts.map((cut) => cut % (body.length + 1)))].sort((a, b) => a - b)
  const pieces = [0, ...positions].map((start, index) => body.subarray(start, positions[index]))
  return { next: async () => pieces.shift() }
}

async function read(body: string | Buffer, cuts: readonly number[] = []): Promise<Form> {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body
  const reader = new FormReader(sourceOf(bytes, cuts), 'B')
  const { fields, filename } = await reader.readHead()
  const file: Uint8Array[] = []
  for (let data = await reader.next(); data !== undefined; data = await reader.next()) {
    file.push(data)
  }
  expect(await reader.next()).toBeUndefined()
  return {
    fields: Object.fromEntries(fields),
    filename,
    file: Buffer.concat(file).toString('latin1'),
  }
}

function field(name: string, value: string): string {
  return `--B\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
}

function file(content: string, filename = 'a.txt'): string {
  return (
    `--B\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\n` +
    `Content-Type: text/plain\r\n\r\n${content}\r\n`
  )
}

const end = '--B--\r\n'

async function codeOf(body: string | Buffer, cuts: readonly number[] = []): Promise<string> {
  try {
    await read(body, cuts)
    return ''
  } catch (error) {
    if (error instanceof S3Failure) return error.code
    throw error
  }
}

describe('a form', () => {
  it('has fields, then the file', async () => {
    const body = field('Key', 'k\r\n-') + field('empty', '') + file('con\r\ntent') + end
    expect(await read(body)).toEqual({
      fields: { key: 'k\r\n-', empty: '' },
      filename: 'a.txt',
      file: 'con\r\ntent',
    })
  })

  it.each([
    ['a path of Unix', '/home/me/../a.txt', 'a.txt'],
    ['a path of Windows', 'C:\\dir\\a.txt', 'a.txt'],
    ['dots', '..', '..'],
    ['no name', '', ''],
    ['a quote', 'a\\"b', 'a"b'],
    ['a semicolon', 'a;b=c', 'a;b=c'],
    ['UTF-8', Buffer.from('ü').toString('latin1'), 'ü'],
  ])('gives the name of the file without its path: %s', async (_, sent, name) => {
    expect((await read(file('x', sent) + end)).filename).toBe(name)
  })

  it.each([
    [
      'bare parameters',
      '--B\r\ncontent-disposition: form-data; name=file; filename=a\r\n\r\nx\r\n',
    ],
    [
      'an extended name besides',
      `--B\r\nContent-Disposition: form-data; name="file"; filename="a"; filename*=utf-8''b\r\n\r\nx\r\n`,
    ],
    ['no file name', '--B\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n'],
    ['a button behind the file', file('x') + field('submit', 'Upload')],
  ])('may have %s', async (_, body) => {
    expect((await read(body + end)).file).toBe('x')
  })

  it('may lack the last line end', async () => {
    expect((await read(`${file('x')}--B--`)).file).toBe('x')
  })

  it.each([
    [
      '\r\n--',
      '\r\n-',
      '\r',
      '\r\n--A',
      '\r\n--b',
      '--B',
      '\n--B',
      'x\r\r\n',
      '--B--',
      '\r\n \r\n--',
    ],
  ])('keeps what looks like a boundary', async (...contents) => {
    for (const content of contents) {
      const body = file(content) + end
      const everywhere = Array.from({ length: body.length }, (_, index) => index)
      expect((await read(body)).file).toBe(content)
      expect((await read(body, everywhere)).file).toBe(content)
    }
  })

  const malformed = 'MalformedPOSTRequest'
  const files = 'IncorrectNumberOfFilesInPostRequest'
  const long = 'MaxPostPreDataLengthExceededError'
  const head = (text: string): string => `--B\r\n${text}\r\n\r\nx\r\n${file('x')}${end}`

  it.each([
    ['nothing', '', malformed],
    ['no form', 'hello', malformed],
    ['text in front', `x\r\n${file('x')}${end}`, malformed],
    ['another boundary', file('x').replace('--B', '--C') + end, malformed],
    ['blanks behind a boundary', file('x').replace('--B', '--B ') + end, malformed],
    ['line feeds alone', (file('x') + end).replaceAll('\r\n', '\n'), malformed],
    ['no last boundary', file('x'), malformed],
    ['half a last boundary', `${file('x')}--B-`, malformed],
    ['text behind', `${file('x')}${end}x`, malformed],
    ['another form behind', `${file('x')}${end}${file('y')}${end}`, malformed],
    ['a boundary in the content', `${file('x\r\n--B')}${end}`, malformed],
    ['no file', field('key', 'k') + end, files],
    ['only the end', end, files],
    ['two files', file('x') + file('y') + end, files],
    ['another file behind', file('x') + file('y').replace('"file"', '"other"') + end, files],
    ['another file in front', file('y').replace('"file"', '"other"') + file('x') + end, files],
    ['a field twice', field('key', 'a') + field('KEY', 'b') + file('x') + end, malformed],
    ['no UTF-8', field('key', '\xff') + file('x') + end, malformed],
    ['a name that is no UTF-8', field('\xff', 'x') + file('x') + end, malformed],
    ['no headers', `--B\r\n\r\nx\r\n${file('x')}${end}`, malformed],
    ['no disposition', head('Content-Type: text/plain'), malformed],
    ['another disposition', head('Content-Disposition: attachment; name="a"'), malformed],
    ['no name', head('Content-Disposition: form-data; filename="a"'), malformed],
    ['an empty name', head('Content-Disposition: form-data; name=""'), malformed],
    ['two names', head('Content-Disposition: form-data; name="a"; name="b"'), malformed],
    ['an open quote', head('Content-Disposition: form-data; name="a'), malformed],
    ['text behind the quote', head('Content-Disposition: form-data; name="a"b'), malformed],
    ['a folded line', head('Content-Disposition: form-data;\r\n name="a"'), malformed],
    ['a bare line feed', head('Content-Disposition: form-data; name="a\nb"'), malformed],
    ['a NUL', head('Content-Disposition: form-data; name="a\0b"'), malformed],
    [
      'two dispositions',
      head('Content-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="b"'),
      malformed,
    ],
    [
      'an encoding',
      head('Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64'),
      malformed,
    ],
    ['a field that is too long', field('key', 'k'.repeat(21_000)) + file('x') + end, long],
    ['a field without an end', field('key', 'k'.repeat(30_000)).trimEnd(), long],
    ['headers that are too long', head(`Content-Type: ${'x'.repeat(21_000)}`), long],
    ['too many fields', Array.from({ length: 400 }, (_, i) => field(`x${i}`, '')).join(''), long],
    ['too much behind the file', file('x') + field('x', 'y'.repeat(21_000)) + end, long],
  ])('is refused with %s', async (_, body, code) => {
    expect(await codeOf(body)).toBe(code)
    expect(await codeOf(body, [1, 7, 50, 51, 52])).toBe(code)
  })

  it('reads the same however it is cut', async () => {
    const text = fc.string({ unit: fc.constantFrom('\r', '\n', '-', 'B', 'a'), maxLength: 30 })
    const names = fc.uniqueArray(fc.constantFrom('key', 'policy', 'x-amz-date'), { maxLength: 3 })
    const form = fc.record({
      names,
      values: fc.array(text),
      content: text,
      cuts: fc.array(fc.nat()),
    })
    await fc.assert(
      fc.asyncProperty(form, async ({ names: list, values, content, cuts }) => {
        const fields = Object.fromEntries(list.map((name, index) => [name, values[index] ?? '']))
        const all = [...Object.values(fields), content]
        fc.pre(all.every((value) => !`${value}\r\n`.includes('\r\n--B')))
        const parts = Object.entries(fields).map(([name, value]) => field(name, value))
        const body = parts.join('') + file(content) + end
        expect(await read(body, cuts)).toEqual({ fields, filename: 'a.txt', file: content })
      }),
      { seed: 3, numRuns: 500 },
    )
  })

  it('that is damaged is read or refused, and means the same however it is cut', async () => {
    const whole = Buffer.from(field('key', 'k') + field('policy', 'p') + file('content') + end)
    const edit = fc.record({
      at: fc.nat(whole.length),
      remove: fc.nat(4),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 4 }),
        fc
          .constantFrom('\r\n', '--B', '\r\n--B', '"', '\\', ';', '\r\n\r\n')
          .map((s) => Buffer.from(s)),
      ),
      cuts: fc.array(fc.nat(), { maxLength: 8 }),
    })
    await fc.assert(
      fc.asyncProperty(edit, async ({ at, remove, insert, cuts }) => {
        const body = Buffer.concat([whole.subarray(0, at), insert, whole.subarray(at + remove)])
        const outcome = async (pieces: readonly number[]): Promise<unknown> => {
          const code = await codeOf(body, pieces)
          return code === '' ? read(body, pieces) : code
        }
        expect(await outcome(cuts)).toEqual(await outcome([]))
      }),
      { seed: 4, numRuns: 3000 },
    )
  })
})

describe('the boundary', () => {
  it.each([
    ['multipart/form-data; boundary=abc', 'abc'],
    ['Multipart/Form-Data;charset=utf-8;  boundary="a b"', 'a b'],
    [`multipart/form-data; boundary=${'x'.repeat(70)}`, 'x'.repeat(70)],
  ])('of %s', (type, boundary) => {
    expect(formBoundary(type)).toBe(boundary)
  })

  it.each([
    '',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/mixed; boundary=a',
    'multipart/form-data-x; boundary=a',
  ])('is not in %j', (type) => {
    expect(() => formBoundary(type)).toThrow(
      expect.objectContaining({ code: 'RequestIsNotMultiPartContent' }),
    )
  })

  it.each([
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary=""',
    'multipart/form-data; boundary="a "',
    'multipart/form-data; boundary=a; boundary=b',
    'multipart/form-data; boundary="a\\"b"',
    'multipart/form-data; boundary=ü',
    `multipart/form-data; boundary=${'x'.repeat(71)}`,
  ])('is malformed in %j', (type) => {
    expect(() => formBoundary(type)).toThrow(
      expect.objectContaining({ code: 'MalformedPOSTRequest' }),
    )
  })
})
