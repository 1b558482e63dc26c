import { describe, expect, it } from 'vitest'
import { vectorNames, vectorText, vectors } from '../../../../test/support/vectors.ts'
import { decodeFormComponent, encodeKeyPath } from '../../src/encoding/uri.ts'
import { canonicalHeaders, canonicalQuery, canonicalRequest } from '../../src/sigv4/canonical.ts'
import { sha256Hex } from '../../src/sigv4/hash.ts'
import { presignQuery } from '../../src/sigv4/presign.ts'
import { signHeaders } from '../../src/sigv4/sign-headers.ts'
import { SigningKey, stringToSign } from '../../src/sigv4/signing-key.ts'
import type { HeaderPair, QueryPair } from '../../src/sigv4/types.ts'

interface ParsedRequest {
  readonly method: string
  readonly path: string
  readonly query: QueryPair[]
  readonly headers: HeaderPair[]
  readonly body: string
}

/** Reads the suites' request files: `Name:value` lines, folded lines, a body without length. */
function parseRequest(text: string): ParsedRequest {
  const [head = '', ...rest] = text.replaceAll('\r\n', '\n').split('\n\n')
  const [first = '', ...lines] = head.split('\n')
  const match = /^(\S+) (.*) HTTP\/1\.1$/.exec(first)
  if (!match) throw new Error(`not a request line: ${first}`)
  const [, method = '', target = ''] = match
  const mark = target.indexOf('?')
  const headers: [string, string][] = []
  for (const line of lines.filter((line) => line !== '')) {
    const last = headers.at(-1)
    if (/^[ \t]/.test(line) && last) last[1] += ` ${line}`
    else headers.push([line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)])
  }
  const query = mark === -1 || mark === target.length - 1 ? [] : target.slice(mark + 1).split('&')
  return {
    method,
    path: mark === -1 ? target : target.slice(0, mark),
    query: query.map((pair) => {
      const equals = pair.indexOf('=')
      const name = equals === -1 ? pair : pair.slice(0, equals)
      return [decodeFormComponent(name), decodeFormComponent(pair.slice(name.length + 1))]
    }),
    headers,
    body: rest.join('\n\n'),
  }
}

/** In these suites the path is not encoded yet; S3 encodes it once and leaves it alone. */
function s3Uri(path: string): string {
  return encodeKeyPath(decodeURIComponent(path))
}

const awsSuite = 'sigv4-aws-signing-test-suite/v4'
/** Rules of other services that must not hold for S3. */
const normalizing = (name: string): boolean => name.endsWith('-normalized')
const changedByNormalizing = [
  'get-relative-normalized',
  'get-relative-relative-normalized',
  'get-slash-dot-slash-normalized',
  'get-slash-normalized',
  'get-slash-pointless-dot-normalized',
  'get-slashes-normalized',
]

interface Context {
  readonly credentials: { access_key_id: string; secret_access_key: string; token?: string }
  readonly expiration_in_seconds: number
  readonly region: string
  readonly service: string
  readonly sign_body: boolean
  readonly omit_session_token?: boolean
}

const amzDate = '20150830T123600Z'

const awsNames = vectorNames(awsSuite)
describe.skipIf(awsNames.length === 0)(
  'AWS signing suite (skipped where ../shared/vectors is absent)',
  () => {
    it('holds the 38 known cases', () => {
      expect(awsNames).toHaveLength(38)
      expect(awsNames.filter(normalizing)).toEqual(expect.arrayContaining(changedByNormalizing))
    })

    describe.each(awsNames)('%s', (name) => {
      const context = vectors<Context>(`${awsSuite}/${name}/context.json`)
      const text = (file: string): string => vectorText(`${awsSuite}/${name}/${file}`) ?? ''
      if (!context) throw new Error('no context')
      const request = parseRequest(text('request.txt'))
      const { credentials, region, service } = context
      const key = new SigningKey(credentials.secret_access_key, {
        day: '20150830',
        region,
        service,
      })
      const payloadHash = sha256Hex(request.body)
      const token = context.omit_session_token === true ? undefined : credentials.token
      const extra: HeaderPair[] = [['X-Amz-Date', amzDate]]
      if (token !== undefined) extra.push(['X-Amz-Security-Token', token])
      if (context.sign_body) extra.push(['X-Amz-Content-Sha256', payloadHash])
      const headers = [...request.headers, ...extra]
      const uri = s3Uri(request.path)
      const canonical = canonicalRequest(
        request.method,
        uri,
        canonicalQuery(request.query),
        canonicalHeaders(headers),
        payloadHash,
      )
      const published = text('header-canonical-request.txt')

      if (changedByNormalizing.includes(name)) {
        it('does not normalise the path', () => {
          expect(canonical).not.toBe(published)
          expect(published.split('\n')[1]).not.toBe(uri)
        })
        return
      }
      it('header: canonical request, string to sign, signature, Authorization', () => {
        expect(canonical).toBe(published)
        const toSign = stringToSign(amzDate, key.credentialScope, sha256Hex(canonical))
        expect(toSign).toBe(text('header-string-to-sign.txt'))
        expect(key.sign(toSign)).toBe(text('header-signature.txt'))
        expect(text('header-signed-request.txt')).toContain(
          `Credential=${credentials.access_key_id}/${key.credentialScope}`,
        )
      })
      it('query: signature of the presigned form', () => {
        const signed = Object.fromEntries(
          canonicalHeaders(request.headers)
            .block.split('\n')
            .filter((line) => line !== '')
            .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
        )
        const url = presignQuery(
          key,
          {
            accessKey: credentials.access_key_id,
            secretKey: credentials.secret_access_key,
            sessionToken: token,
          },
          {
            method: request.method,
            path: uri,
            query: request.query,
            headers: signed,
            amzDate,
            expirySeconds: context.expiration_in_seconds,
            payloadHash,
          },
        )
        expect(url.split('X-Amz-Signature=')[1]).toBe(text('query-signature.txt'))
      })
    })
  },
)

const botocoreSuite = 'sigv4-botocore-aws4_testsuite'

/** botocore's signer adds these itself; its request file does not hold them. */
const addedBySigner: Record<string, HeaderPair[]> = {
  'get-vanilla-with-session-token': [
    ['X-Amz-Security-Token', '6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267'],
  ],
}

const botocoreNormalizing: ReadonlySet<string> = new Set([
  'get-relative',
  'get-relative-relative',
  'get-slash',
  'get-slash-dot-slash',
  'get-slash-pointless-dot',
  'get-slashes',
])

function botocoreCases(folder: string): string[] {
  return vectorNames(folder).flatMap((name) => {
    const path = `${folder}/${name}`
    if (/^(LICENSE|NOTICE)|\.txt$/.test(name) || botocoreNormalizing.has(name)) return []
    return vectorText(`${path}/${name}.req`) === undefined ? botocoreCases(path) : [path]
  })
}

const botocoreNames = vectorNames(botocoreSuite).length === 0 ? [] : botocoreCases(botocoreSuite)
describe.skipIf(botocoreNames.length === 0)(
  'botocore signing suite (skipped where ../shared/vectors is absent)',
  () => {
    it('holds every case that does not normalise', () => {
      expect(botocoreNames.length).toBeGreaterThanOrEqual(28)
    })
    it.each(botocoreNames)('%s', (path) => {
      const name = path.slice(path.lastIndexOf('/') + 1)
      const text = (ending: string): string =>
        (vectorText(`${path}/${name}.${ending}`) ?? '').replaceAll('\r\n', '\n')
      const request = parseRequest(text('req'))
      const key = new SigningKey('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', {
        day: '20150830',
        region: 'us-east-1',
        service: 'service',
      })
      const canonical = canonicalRequest(
        request.method,
        s3Uri(request.path),
        canonicalQuery(request.query),
        canonicalHeaders([...request.headers, ...(addedBySigner[name] ?? [])]),
        sha256Hex(request.body),
      )
      expect(canonical).toBe(text('creq'))
      const toSign = stringToSign(amzDate, key.credentialScope, sha256Hex(canonical))
      expect(toSign).toBe(text('sts'))
      expect(text('authz')).toContain(`Signature=${key.sign(toSign)}`)
    })
  },
)

describe('a plain request, signed in one call', () => {
  it('gives the signature of the suites (get-vanilla)', () => {
    const key = new SigningKey('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', {
      day: '20150830',
      region: 'us-east-1',
      service: 'service',
    })
    const { signature } = signHeaders(key, 'AKIDEXAMPLE', {
      method: 'GET',
      path: '/',
      query: '',
      headers: { host: 'example.amazonaws.com', 'x-amz-date': amzDate, 'user-agent': 'unsigned' },
      amzDate,
      payloadHash: sha256Hex(''),
    })
    expect(signature).toBe('5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31')
  })
})
