import { createHash } from 'node:crypto'
import { ChunkSigner, SigningKey } from '@stowage/protocol'
import { describe, expect, it } from 'vitest'
import { BytesBody, type RequestBody } from '../../src/request/body.ts'
import { checksumPlan } from '../../src/request/checksum.ts'
import { BlobBody } from '../../src/request/source-body.ts'
import { TrailerBody } from '../../src/request/trailer-body.ts'

/** The example of "Signature calculations including trailing headers" in the S3 API reference. */
const example = {
  key: new SigningKey('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', {
    day: '20130524',
    region: 'us-east-1',
    service: 's3',
  }),
  amzDate: '20130524T000000Z',
  seedSignature: '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
}
const bytes = Buffer.alloc(65 * 1024, 'a')

async function gathered(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of source) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** A body that comes in pieces of all sizes. */
function inPieces(content: Buffer, ...sizes: number[]): RequestBody {
  return {
    lengthBytes: content.length,
    open: async function* () {
      for (let at = 0, turn = 0; at < content.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1
        yield content.subarray(at, at + size)
        at += size
      }
    },
  }
}

const bodies: readonly (readonly [string, () => RequestBody])[] = [
  ['bytes', () => new BytesBody(bytes)],
  ['a Blob', () => new BlobBody(new Blob([new Uint8Array(bytes)]))],
  ['small pieces', () => inPieces(bytes, 1000, 1, 7)],
  ['large pieces', () => inPieces(bytes, 66_000, 100)],
]

describe.each(bodies)('a trailer behind %s', (_kind, open) => {
  it('is framed and signed as in the example of AWS', async () => {
    const body = new TrailerBody(open(), checksumPlan('CRC32C'))
    expect(body.unfinished).toBe(true)
    const framed = await gathered(body.frame(new ChunkSigner(example)))
    expect(body.unfinished).toBe(false)
    expect(framed.length).toBe(body.wireBytes(true))
    const text = framed.toString('latin1')
    const signatures = [...text.matchAll(/signature[=:]([0-9a-f]{64})/g)].map(([, it]) => it)
    expect(signatures).toEqual([
      'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
      '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
      '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
      'd81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435',
    ])
    expect(text).toContain('\r\nx-amz-checksum-crc32c:sOO8/Q==\r\n')
  })

  it('is framed without signatures, anew for each attempt', async () => {
    const body = new TrailerBody(open(), checksumPlan('SHA256'))
    const sum = createHash('sha256').update(bytes).digest('base64')
    const end = `\r\n0\r\nx-amz-checksum-sha256:${sum}\r\n\r\n`
    const a = 'a'.repeat(1024)
    const expected = `10000\r\n${a.repeat(64)}\r\n400\r\n${a}${end}`
    for (let attempt = 0; attempt < 2; attempt++) {
      const framed = await gathered(body.frame(undefined))
      expect(framed.toString('latin1') === expected).toBe(true)
      expect(body.wireBytes(false)).toBe(expected.length)
      expect(Buffer.from(body.digest ?? []).toString('base64')).toBe(sum)
    }
  })
})

it('is there for no bytes at all', async () => {
  const body = new TrailerBody(new BytesBody(Buffer.alloc(0)), checksumPlan('CRC64NVME'))
  const framed = await gathered(body.frame(undefined))
  expect(framed.toString()).toBe('0\r\nx-amz-checksum-crc64nvme:AAAAAAAAAAA=\r\n\r\n')
  expect(body.wireBytes(false)).toBe(framed.length)
})
