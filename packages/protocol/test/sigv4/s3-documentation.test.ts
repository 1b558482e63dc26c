import { describe, expect, it } from 'vitest'
import { describeWithVectors } from '../../../../test/support/vectors.ts'
import { canonicalHeaders, canonicalQuery, canonicalRequest } from '../../src/sigv4/canonical.ts'
import { ChunkSigner } from '../../src/sigv4/chunk-signer.ts'
import { ChunkedDecoder } from '../../src/sigv4/chunked-decoder.ts'
import { ChunkedEncoder, chunkedLength } from '../../src/sigv4/chunked-encoder.ts'
import { sha256Hex } from '../../src/sigv4/hash.ts'
import { signPostPolicy, verifyPostPolicy } from '../../src/sigv4/post-policy.ts'
import { presignQuery } from '../../src/sigv4/presign.ts'
import { signHeaders } from '../../src/sigv4/sign-headers.ts'
import { deriveSigningKey, SigningKey, stringToSign } from '../../src/sigv4/signing-key.ts'
import { emptySha256, payloadMarkers, type HeaderPair } from '../../src/sigv4/types.ts'

// The examples of AWS's S3 documentation (pages sig-v4-header-based-auth,
// sigv4-query-string-auth, sigv4-streaming, sigv4-streaming-trailers, sigv4-post-example).
const accessKey = 'AKIAIOSFODNN7EXAMPLE'
const secretKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const scope = { day: '20130524', region: 'us-east-1', service: 's3' }
const amzDate = '20130524T000000Z'
const key = new SigningKey(secretKey, scope)
const host = 'examplebucket.s3.amazonaws.com'

interface Example {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Record<string, string>
  readonly payloadHash: string
  readonly signature: string
}

const examples: Example[] = [
  {
    name: 'GET with a range',
    method: 'GET',
    path: '/test.txt',
    query: '',
    headers: { range: 'bytes=0-9' },
    payloadHash: emptySha256,
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  {
    name: 'PUT of a key with $',
    method: 'PUT',
    path: '/test%24file.text',
    query: '',
    headers: {
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    },
    payloadHash: '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  },
  {
    name: 'GET ?lifecycle',
    method: 'GET',
    path: '/',
    query: canonicalQuery([['lifecycle', '']]),
    headers: {},
    payloadHash: emptySha256,
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  },
  {
    name: 'list with max-keys and prefix',
    method: 'GET',
    path: '/',
    query: canonicalQuery([
      ['prefix', 'J'],
      ['max-keys', '2'],
    ]),
    headers: {},
    payloadHash: emptySha256,
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  },
]

describe('examples of the S3 documentation', () => {
  it.each(examples)('header: $name', (example) => {
    const { method, path, query, payloadHash } = example
    const headers = {
      ...example.headers,
      host,
      'x-amz-content-sha256': payloadHash,
      'x-amz-date': amzDate,
    }
    const signed = signHeaders(key, accessKey, {
      method,
      path,
      query,
      headers,
      amzDate,
      payloadHash,
    })
    expect(signed.signature).toBe(example.signature)
    expect(signed.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/20130524\/us-east-1\/s3\/aws4_request, /,
    )
  })

  it('presigned GET', () => {
    const query = presignQuery(
      key,
      { accessKey, secretKey },
      {
        method: 'GET',
        path: '/test.txt',
        query: [],
        headers: { host },
        amzDate,
        expirySeconds: 86_400,
      },
    )
    expect(query).toBe(
      'X-Amz-Algorithm=AWS4-HMAC-SHA256' +
        '&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
        '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
        '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
    )
  })

  it('derives the signing key of the documentation', () => {
    expect(deriveSigningKey(secretKey, scope).toString('hex')).toBe(
      'dbb893acc010964918f1fd433add87c70e8b0db6be30c1fbeafefa5ec6ba8378',
    )
  })
})

const chunkData = [new Uint8Array(65_536).fill(97), new Uint8Array(1024).fill(97)]

interface StreamingExample {
  readonly name: string
  readonly seed: string
  readonly chunks: readonly string[]
  readonly trailers: HeaderPair[]
  readonly trailerSignature?: string
}

const streaming: StreamingExample[] = [
  {
    name: payloadMarkers.streamingSigned,
    seed: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
    chunks: [
      'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
      '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
      'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
    ],
    trailers: [],
  },
  {
    name: payloadMarkers.streamingSignedTrailer,
    seed: '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
    chunks: [
      'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
      '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
      '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
    ],
    trailers: [['x-amz-checksum-crc32c', 'sOO8/Q==']],
    trailerSignature: 'd81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435',
  },
]

function encodeBody(example: StreamingExample): Buffer {
  const encoder = new ChunkedEncoder(new ChunkSigner({ key, amzDate, seedSignature: example.seed }))
  const pieces: (string | Uint8Array)[] = []
  for (const data of chunkData) pieces.push(encoder.header(data), data, '\r\n')
  pieces.push(encoder.end(example.trailers))
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece)))
}

describe.each(streaming)('streaming example $name', (example) => {
  const context = { key, amzDate, seedSignature: example.seed }
  const trailer = example.trailers.length > 0
  const body = encodeBody(example)

  it('signs each chunk and the trailer', () => {
    const signatures = [...body.toString('latin1').matchAll(/chunk-signature=([0-9a-f]{64})/g)]
    expect(signatures.map((match) => match[1])).toEqual(example.chunks)
    if (example.trailerSignature !== undefined) {
      expect(body.toString('latin1')).toContain(
        `x-amz-trailer-signature:${example.trailerSignature}\r\n\r\n`,
      )
    }
  })

  it('knows its length beforehand', () => {
    const trailers = example.trailers.map(([name, value]) => ({ name, valueBytes: value.length }))
    const layout = { decodedBytes: 66_560, chunkBytes: 65_536, signed: true, trailers }
    expect(chunkedLength(layout)).toBe(body.length)
    if (!trailer) expect(body.length).toBe(66_824)
  })

  it.each([1, 7, 83, 1000, 100_000])('decodes in pieces of %d bytes', (size) => {
    const decoder = new ChunkedDecoder({ context, trailer })
    let decoded = 0
    for (let at = 0; at < body.length; at += size) {
      for (const piece of decoder.push(body.subarray(at, at + size))) {
        expect(piece.every((byte) => byte === 97)).toBe(true)
        decoded += piece.length
      }
    }
    expect([...decoder.end()]).toEqual(example.trailers)
    expect(decoded).toBe(66_560)
  })

  it('refuses a changed byte anywhere in the framing and in samples of the data', () => {
    const structural = [...body.keys()].filter((i) => body[i] !== 97 || i % 4099 === 0)
    for (const i of structural) {
      const changed = Buffer.from(body)
      changed[i] = (changed[i] ?? 0) ^ 1
      const decode = (): unknown => {
        const decoder = new ChunkedDecoder({ context, trailer })
        decoder.push(changed)
        return decoder.end()
      }
      expect(decode, `byte ${i}`).toThrow()
    }
  })

  it('refuses every truncation of the tail and anything behind the end', () => {
    for (let cut = body.length - 400; cut < body.length; cut++) {
      const decoder = new ChunkedDecoder({ context, trailer })
      decoder.push(body.subarray(0, cut))
      expect(() => decoder.end(), `cut at ${cut}`).toThrow()
    }
    const decoder = new ChunkedDecoder({ context, trailer })
    decoder.push(body)
    expect(() => decoder.push(Buffer.from('x'))).toThrow()
  })
})

interface StreamingFile {
  cases: {
    name: string
    canonical_request: string
    string_to_sign: string
    seed_signature: string
    encoded_content_length: number
    encoded_body_sha256?: string
  }[]
}

describeWithVectors<StreamingFile>(
  'streaming vectors, stage by stage',
  'aws-docs-s3-sigv4/streaming.json',
  ({ cases }) => {
    it.each(streaming)('$name', (example) => {
      const vector = cases.find((one) => one.name === example.name)
      if (!vector) throw new Error(`no vector named ${example.name}`)
      const toSign = stringToSign(amzDate, key.credentialScope, sha256Hex(vector.canonical_request))
      expect(toSign).toBe(vector.string_to_sign)
      expect(key.sign(toSign)).toBe(vector.seed_signature)
      if (vector.encoded_body_sha256 !== undefined) {
        expect(sha256Hex(encodeBody(example))).toBe(vector.encoded_body_sha256)
      }
    })
  },
)

interface HeaderFile {
  cases: {
    name: string
    kind: string
    method: string
    canonical_uri: string
    query: [string, string][]
    headers?: Record<string, string> // absent: the host alone, as of a presigned URL
    payload_hash?: string
    canonical_request: string
    string_to_sign: string
    signature: string
  }[]
}

describeWithVectors<HeaderFile>(
  'header and presigned vectors, stage by stage',
  'aws-docs-s3-sigv4/header-and-presigned.json',
  ({ cases }) => {
    it('has five cases', () => expect(cases).toHaveLength(5))
    it.each(cases)('$name', (vector) => {
      const canonical = canonicalRequest(
        vector.method,
        vector.canonical_uri,
        canonicalQuery(vector.query),
        canonicalHeaders(Object.entries(vector.headers ?? { host })),
        vector.payload_hash ?? payloadMarkers.unsigned,
      )
      expect(canonical).toBe(vector.canonical_request)
      const toSign = stringToSign(amzDate, key.credentialScope, sha256Hex(canonical))
      expect(toSign).toBe(vector.string_to_sign)
      expect(key.sign(toSign)).toBe(vector.signature)
    })
  },
)

interface PostFile {
  policy_json_exact: string
  policy_base64: string
  signature: string
}

describeWithVectors<PostFile>(
  'POST policy vector',
  'aws-docs-s3-sigv4/post-policy.json',
  (vector) => {
    const postKey = new SigningKey(secretKey, { ...scope, day: '20151229' })
    it('signs the base64 of the exact document', () => {
      const policy = Buffer.from(vector.policy_json_exact).toString('base64')
      expect(policy).toBe(vector.policy_base64)
      expect(signPostPolicy(postKey, policy)).toBe(vector.signature)
      expect(vector.signature).toBe(
        '8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e',
      )
    })
    it('verifies it, and nothing else', () => {
      expect(verifyPostPolicy(postKey, vector.policy_base64, vector.signature)).toBe(true)
      expect(verifyPostPolicy(postKey, `${vector.policy_base64}=`, vector.signature)).toBe(false)
      expect(verifyPostPolicy(postKey, vector.policy_base64, '')).toBe(false)
    })
  },
)
