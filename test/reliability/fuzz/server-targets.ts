import { decodeXml, taggingDocument } from '@stowage/protocol'
import { matchCors } from '../../../packages/server/src/cors/cors-rules.ts'
import { expandEventName } from '../../../packages/server/src/events/event-names.ts'
import { filterProblem } from '../../../packages/server/src/events/key-filter.ts'
import { S3Failure } from '../../../packages/server/src/failure.ts'
import { readCopySource } from '../../../packages/server/src/http/copy-source-text.ts'
import { FormReader } from '../../../packages/server/src/http/form/form-reader.ts'
import { formBoundary, parsePartHead } from '../../../packages/server/src/http/form/part-head.ts'
import {
  decodeToken,
  encodeToken,
} from '../../../packages/server/src/operations/continuation-token.ts'
import { checkTags, formatTags, parseTags } from '../../../packages/server/src/operations/tags.ts'
import { isVersionId } from '../../../packages/server/src/operations/version-id.ts'
import { isInRange, parseAddressRange } from '../../../packages/server/src/policy/address-ranges.ts'
import { evaluate } from '../../../packages/server/src/policy/evaluate.ts'
import { parsePolicy } from '../../../packages/server/src/policy/parse-policy.ts'
import { PolicyError } from '../../../packages/server/src/policy/policy.ts'
import { isPublic } from '../../../packages/server/src/policy/policy-status.ts'
import {
  parsePostPolicy,
  postPolicyProblem,
} from '../../../packages/server/src/policy/post-policy.ts'
import { matchesTemplate, parseTemplate } from '../../../packages/server/src/policy/template.ts'
import { addressOf, detectRoute } from '../../../packages/server/src/route.ts'
import { partsOfKeyedName, versionName } from '../../../packages/server/src/store/key-space.ts'
import {
  DamagedRecordError,
  decodeRecord,
  encodeRecord,
} from '../../../packages/server/src/store/records.ts'
import { latin1, mustEqual, PropertyError, utf8, type Target } from './target.ts'

const policy = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'a',
      Effect: 'Allow',
      Principal: { AWS: ['arn:aws:iam:::user/alice'] },
      Action: ['s3:GetObject', 's3:Put*'],
      Resource: 'arn:aws:s3:::bucket/${aws:username}/*',
      Condition: {
        StringLike: { 'aws:Referer': ['https://*'] },
        IpAddress: { 'aws:SourceIp': '203.0.113.0/24' },
        DateLessThan: { 'aws:CurrentTime': '2030-01-01T00:00:00Z' },
        'ForAllValues:StringEquals': { 's3:RequestObjectTagKeys': ['a'] },
        NumericLessThanIfExists: { 's3:max-keys': 10 },
        Null: { 's3:prefix': true },
        Bool: { 'aws:SecureTransport': false },
      },
    },
    {
      Effect: 'Deny',
      NotPrincipal: { AWS: 'bob' },
      NotAction: 's3:*',
      NotResource: 'arn:aws:s3:::bucket',
    },
  ],
}

const question = {
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::bucket/alice/key',
  accessKey: 'alice',
  keys: (key: string) =>
    key === 'aws:username' ? ['alice'] : key === 's3:prefix' ? ('unknown' as const) : ['https://a'],
}

const postPolicy = Buffer.from(
  JSON.stringify({
    expiration: '2030-01-01T00:00:00.000Z',
    conditions: [
      { bucket: 'b' },
      ['starts-with', '$key', 'user/'],
      ['content-length-range', 1, 10],
      ['eq', '$acl', 'private'],
    ],
  }),
)

const form =
  '--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nuser/${filename}\r\n' +
  '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nabcd\r\n--b--\r\n'

async function readForm(input: Buffer, cut: number): Promise<unknown> {
  const chunks = [input.subarray(0, cut), input.subarray(cut)]
  const reader = new FormReader({ next: () => Promise.resolve(chunks.shift()) }, 'b')
  const head = await reader.readHead()
  const file: Uint8Array[] = []
  for (let bytes = await reader.next(); bytes !== undefined; bytes = await reader.next())
    file.push(bytes)
  return [[...head.fields], head.filename, Buffer.concat(file).toString('hex')]
}

async function codeOf(reading: Promise<unknown>): Promise<unknown> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof S3Failure) return error.code
    throw error
  }
}

const name = 'o\0bucket\0key'
const stored = encodeRecord(name, { etag: 'e', sizeBytes: 7, headers: [['content-type', 'a']] })

export const serverTargets: readonly Target[] = [
  {
    name: 'bucket policies',
    seeds: [
      JSON.stringify(policy),
      JSON.stringify({ ...policy, Statement: { ...policy.Statement[0], Condition: undefined } }),
    ],
    tokens: [
      ...JSON.stringify(policy).split(/(?<=[,:{}[\]])/),
      '${*}',
      '${aws:username}',
      'ForAnyValue:',
    ],
    errors: [PolicyError],
    parse: (input) => {
      const parsed = parsePolicy(utf8(input), { kind: 'bucket', bucket: 'bucket' })
      const decision = evaluate(parsed, question)
      if (!['allow', 'deny', 'none'].includes(decision)) throw new PropertyError(decision)
      isPublic(parsed)
    },
  },
  {
    name: 'patterns of policies',
    seeds: ['a*b?c\nabxc', '${aws:username}/*\nalice/x', '***?\n😀😀'],
    errors: [PolicyError],
    parse: (input) => {
      const [pattern = '', text = ''] = utf8(input).split('\n')
      const template = parseTemplate(pattern, {
        wildcards: true,
        isVariable: (each) => each === 'aws:username',
      })
      matchesTemplate(template, text, () => 'ali*ce')
      const plain = parseTemplate(pattern, { wildcards: false, isVariable: () => false })
      mustEqual(
        pattern.includes('${') || matchesTemplate(plain, pattern),
        true,
        'a text and itself',
      )
    },
  },
  {
    name: 'address blocks',
    seeds: ['203.0.113.0/24', '2001:db8::/33', '::ffff:192.0.2.1/120', '::'],
    parse: (input) => {
      const range = parseAddressRange(latin1(input))
      if (range !== undefined) isInRange(range, '203.0.113.7')
      if (range !== undefined) isInRange(range, latin1(input).split('/', 1)[0] ?? '')
    },
  },
  {
    name: 'POST policies',
    seeds: [postPolicy, '{"expiration":"2030-01-01T00:00:00Z","conditions":[]}'],
    tokens: postPolicy.toString().split(/(?<=[,:{}[\]])/),
    errors: [PolicyError],
    parse: (input) => {
      const parsed = parsePostPolicy(input.toString('base64'))
      const fields = new Map([
        ['key', 'user/a'],
        ['acl', 'private'],
      ])
      postPolicyProblem(parsed, { bucket: 'b', fields, filled: fields }, new Date(0))
    },
  },
  {
    name: 'POST policies in Base64',
    seeds: [postPolicy.toString('base64')],
    errors: [PolicyError],
    parse: (input) => void parsePostPolicy(latin1(input)),
  },
  {
    name: 'forms',
    isAsync: true,
    share: 0.5,
    seeds: [form],
    tokens: ['--b', '--b--', '\r\n\r\n', 'Content-Disposition: form-data; name="', 'filename="'],
    parse: async (input) => {
      const whole = await codeOf(readForm(input, input.length))
      mustEqual(await codeOf(readForm(input, input.length >> 1)), whole, 'cut in two')
    },
  },
  {
    name: 'heads of parts',
    seeds: ['Content-Disposition: form-data; name="a\\"b"; filename=c\r\nContent-Type: text/plain'],
    tokens: ['; name=', '; filename="', '\\"', 'Content-Transfer-Encoding: '],
    errors: [S3Failure],
    parse: (input) => void parsePartHead(input),
  },
  {
    name: 'boundaries',
    seeds: [
      'multipart/form-data; boundary=----a',
      'multipart/form-data; boundary="a b"; charset=utf-8',
    ],
    errors: [S3Failure],
    parse: (input) => void formBoundary(latin1(input)),
  },
  {
    name: 'tags in headers',
    seeds: ['a=b&c=d%20e', 'a', 'größe=%C3%A9'],
    errors: [S3Failure],
    parse: (input) => {
      const tags = parseTags(utf8(input))
      mustEqual(parseTags(formatTags(tags) ?? ''), tags, 'tags')
      checkTags(tags, 'bucket')
    },
  },
  {
    name: 'copy sources',
    seeds: ['/bucket/key?versionId=a', 'bucket/%C3%A9', 'b/k?a'],
    parse: (input) => void readCopySource(latin1(input)),
  },
  {
    name: 'continuation tokens',
    seeds: [encodeToken('a/b'), encodeToken('😀')],
    errors: [S3Failure],
    parse: (input) => {
      const key = decodeToken(latin1(input))
      mustEqual(decodeToken(encodeToken(key)), key, 'a token')
    },
  },
  {
    name: 'ids of versions, and events',
    seeds: ['null', '0'.repeat(48), 's3:ObjectCreated:*', 'a/../b'],
    parse: (input) => {
      isVersionId(latin1(input))
      expandEventName(latin1(input))
      filterProblem(utf8(input))
    },
  },
  {
    name: 'records of the store',
    seeds: [stored],
    errors: [DamagedRecordError],
    parse: (input) => void decodeRecord(name, input),
  },
  {
    name: 'names of records',
    seeds: ['a\0b', 'key', '\0\0'],
    parse: (input) => {
      const key = utf8(input)
      const { key: read, rest } = partsOfKeyedName('bucket', versionName('bucket', key, '0f'))
      mustEqual([read, rest], [key, '0f'], 'a key')
    },
  },
  {
    name: 'routes',
    seeds: [
      'PUT\n/bucket/key\nuploadId\npartNumber',
      'GET\n/\nlist-type',
      'DELETE\n//a\nversionId',
    ],
    tokens: ['\nuploads', '\ndelete', '\npolicy', '\ntagging', '\nselect', '\nacl'],
    errors: [S3Failure],
    parse: (input) => {
      const [method = '', path = '', ...names] = latin1(input).split('\n')
      const query = names.map((each) => [each, ''] as const)
      const host = names[0] ?? ''
      addressOf(path, host, 'localhost')
      detectRoute(
        { method, path, query, host, has: (header) => names.includes(header) },
        'localhost',
      )
    },
  },
  {
    name: 'rules of CORS',
    seeds: ['https://*.b\nhttps://a.b\nx-*', '*\nnull\n*'],
    parse: (input) => {
      const [origin = '', asked = '', header = ''] = utf8(input).split('\n')
      const rule = { allowedOrigins: [origin], allowedMethods: ['GET'], allowedHeaders: [header] }
      matchCors([rule], { origin: asked, method: 'GET', headers: [header.toLowerCase()] })
    },
  },
  {
    name: 'tags in documents',
    seeds: ['<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>'],
    errors: [S3Failure, Error],
    share: 0.2,
    parse: (input) => checkTags(decodeXml(taggingDocument, input).tags, 'object'),
  },
]
