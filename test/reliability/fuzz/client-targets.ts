import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { encodeMessage } from '@stowage/protocol'
import { parseAddress, parseObject } from '../../../packages/cli/src/address.ts'
import { UsageError } from '../../../packages/cli/src/usage-error.ts'
import { splitCommandLine } from '../../../packages/client/src/credentials/command-line.ts'
import { splitHttpUrl } from '../../../packages/client/src/credentials/http-url.ts'
import { IniError, parseIni } from '../../../packages/client/src/credentials/ini.ts'
import { keysOf, parseJsonObject } from '../../../packages/client/src/credentials/json-keys.ts'
import { mcConfigCredentials } from '../../../packages/client/src/credentials/mc-config-credentials.ts'
import {
  CredentialsError,
  IntegrityError,
  InvalidArgumentError,
  InvalidResponseError,
  NotSupportedError,
  S3Error,
  TransportError,
} from '../../../packages/client/src/errors.ts'
import { Endpoint } from '../../../packages/client/src/pipeline/endpoint.ts'
import { responseError } from '../../../packages/client/src/pipeline/response-error.ts'
import { LineSplitter } from '../../../packages/client/src/results/line-splitter.ts'
import { NotificationStream } from '../../../packages/client/src/results/notification-stream.ts'
import { readObjectStat } from '../../../packages/client/src/results/object-stat.ts'
import { SelectReader } from '../../../packages/client/src/results/select-reader.ts'
import type { BodyStream } from '../../../packages/client/src/transport/transport.ts'
import { latin1, mustEqual, PropertyError, utf8, type Target } from './target.ts'

/** A body that comes in two pieces. */
function bodyOf(input: Buffer): BodyStream {
  const pieces = [input.subarray(0, input.length >> 1), input.subarray(input.length >> 1)]
  return {
    read: () => Promise.resolve(pieces.shift()),
    readAll: () => Promise.resolve(Buffer.concat(pieces.splice(0))),
    cancel: () => pieces.splice(0),
  }
}

function linesOf(input: Buffer, cut: number, delimiter: string): readonly string[] {
  const splitter = new LineSplitter({ operation: 'Test', delimiter, maxLineBytes: 100_000 })
  const lines = [...splitter.push(input.subarray(0, cut)), ...splitter.push(input.subarray(cut))]
  return [...lines, splitter.end()]
}

const selectFacts = {
  operation: 'SelectObjectContent',
  bucket: 'b',
  key: 'k',
  attempts: 1,
  status: 200,
  requestId: undefined,
  hostId: undefined,
}

const event = (type: string, payload: string): Uint8Array =>
  encodeMessage(
    [
      [':message-type', 'event'],
      [':event-type', type],
    ],
    Buffer.from(payload),
  )

const selected = Buffer.concat([
  event('Records', '{"a":1}\n{"b"'),
  event('Progress', '<Progress><BytesScanned>1</BytesScanned></Progress>'),
  event('Records', ':2}\n'),
  event(
    'Stats',
    '<Stats><BytesScanned> 12 </BytesScanned><BytesReturned>3</BytesReturned></Stats>',
  ),
  event('End', ''),
])

const ini =
  '[default]\naws_access_key_id = A ; comment\r\n[profile x]\ns3 =\n  a = b\n# c\nregion=eu'
const mcConfig =
  '{"version":"10","aliases":{"s3":{"url":"u","accessKey":"a","secretKey":"b","api":"S3v4"}},"hosts":{}}'
const keys =
  '{"AccessKeyId":"a","SecretAccessKey":"b","Token":"c","Expiration":"2030-01-01T00:00:00Z"}'
const records =
  '{"Records":[{"eventName":"s3:ObjectCreated:Put","eventTime":"2026-01-02T03:04:05Z","s3":{"bucket":{"name":"b"},"object":{"key":"a%2Bb","size":7,"eTag":"e"}},"responseElements":{}}]}\n'

export const clientTargets: readonly Target[] = [
  {
    name: 'INI',
    seeds: [ini],
    tokens: ['\n[', ']', ' = ', '\n  ', ' #', 'profile '],
    errors: [IniError],
    parse: (input) => {
      const sections = parseIni(utf8(input))
      for (const [name, section] of sections) {
        if (name === '' || [...section.keys()].includes(''))
          throw new PropertyError('an empty name')
      }
    },
  },
  {
    name: 'keys in JSON',
    seeds: [keys],
    tokens: keys.split(/(?<=[,:{}])/),
    errors: [CredentialsError],
    parse: (input) =>
      void keysOf(parseJsonObject(utf8(input), 'imds', 'the answer'), 'Token', 'imds'),
  },
  mcConfigTarget(),
  {
    name: 'command lines',
    seeds: ['a "b c" \'d\' \\e', 'C:\\a.exe "b\\"c"'],
    parse: (input) => [splitCommandLine(utf8(input), false), splitCommandLine(utf8(input), true)],
  },
  {
    name: 'URLs of services',
    seeds: ['http://169.254.170.2:80/v2?a=b', 'https://[::1]/'],
    parse: (input) => void splitHttpUrl(utf8(input)),
  },
  {
    name: 'endpoints',
    seeds: [
      'https://s3.eu-west-1.amazonaws.com',
      'localhost:9000',
      'http://[::1]:9000/prefix',
      's3.dualstack.us-east-1.amazonaws.com.cn',
    ],
    tokens: ['s3-accelerate.', '.amazonaws.com', 's3-accesspoint.', '://', '@', '#'],
    errors: [InvalidArgumentError],
    parse: (input) => {
      const endpoint = Endpoint.parse(utf8(input), true, 'auto')
      const { origin, host, path } = endpoint.address('bucket', 'a/../b', 'us-east-1')
      if (
        !/^https?:\/\/[^/?#@\s]+$/.test(origin) ||
        /[\s/?#@]/.test(host) ||
        !path.startsWith('/')
      ) {
        throw new PropertyError(`${origin} ${host} ${path}`)
      }
    },
  },
  {
    name: 'error replies',
    seeds: [
      '<Error><Code>NoSuchKey</Code><Message>m</Message><Region>r</Region></Error>',
      '<html>busy</html>',
      '{"a":1}',
    ],
    tokens: ['<Code>', '</Code>', '<Error>', '</Error>'],
    parse: (input) => {
      const request = {
        operation: 'GetObject',
        method: 'GET',
        bucket: 'b',
        object: 'k',
        idempotent: true,
        answer: 'object',
      } as const
      const headers = {
        'x-amz-request-id': latin1(input),
        date: latin1(input),
        'retry-after': latin1(input),
      }
      const error = responseError(request, { status: 503, headers, body: input }, 1, 0)
      if (!(error instanceof S3Error) || error.code === '')
        throw new PropertyError('an error without a code')
    },
  },
  {
    name: 'heads of objects',
    seeds: ['7\n"e"\nSun, 06 Nov 1994 08:49:37 GMT\n=?UTF-8?Q?=C3=A9?=', '1e3\nW/"a"\n\n'],
    // The pipeline makes an InvalidResponseError of both.
    errors: [InvalidResponseError, TypeError],
    parse: (input) => {
      const [length = '', etag = '', modified = '', meta = ''] = latin1(input).split('\n')
      readObjectStat('b', 'k', {
        'content-length': length,
        etag,
        'last-modified': modified,
        'x-amz-meta-a': meta,
        'x-amz-tagging-count': length,
        'x-amz-mp-parts-count': length,
        'x-amz-object-lock-retain-until-date': modified,
      })
    },
  },
  {
    name: 'lines',
    seeds: ['a\nb\r\nc', 'é|😀||', '\n\n'],
    tokens: ['||', '\r\n'],
    parse: (input) => {
      for (const delimiter of ['\n', '||']) {
        mustEqual(
          linesOf(input, input.length >> 1, delimiter),
          linesOf(input, input.length, delimiter),
          'cut in two',
        )
      }
    },
  },
  {
    name: 'streams of notifications',
    isAsync: true,
    share: 0.6,
    seeds: [records, ` {"Records":null}\n${records}`],
    tokens: records.split(/(?<=[,:{}[\]])/),
    errors: [InvalidResponseError, NotSupportedError],
    parse: async (input) => {
      const stream = new NotificationStream('Listen', bodyOf(input), 'text/event-stream', 100_000)
      while ((await stream.next()) !== undefined) continue
    },
  },
  {
    name: 'results of queries',
    isAsync: true,
    share: 0.6,
    seeds: [selected],
    errors: [S3Error, IntegrityError, TransportError, InvalidResponseError],
    parse: async (input) => {
      const reading = { recordDelimiter: '\n', maxMessageBytes: 65_536, onProgress: undefined }
      const reader = new SelectReader(bodyOf(input), selectFacts, reading)
      for await (const _record of reader.records()) continue
    },
  },
  {
    name: 'addresses of the command line',
    seeds: ['bucket/key', 'bucket', '/a'],
    errors: [UsageError],
    parse: (input) => {
      const text = utf8(input)
      const { bucket, key } = parseAddress(text)
      mustEqual(text.startsWith(bucket) && text.endsWith(key), true, 'an address')
      parseObject(text)
    },
  },
]

/** Reads a file each time. */
function mcConfigTarget(): Target {
  const folder = mkdtempSync(path.join(tmpdir(), 'stowage-fuzz-'))
  const file = path.join(folder, 'config.json')
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return {
    name: 'configurations of mc',
    isAsync: true,
    share: 0.1,
    seeds: [mcConfig],
    tokens: mcConfig.split(/(?<=[,:{}])/),
    errors: [CredentialsError],
    parse: async (input) => {
      writeFileSync(file, input, { mode: 0o600 })
      await mcConfigCredentials({ path: file, alias: 's3', environment: {} })()
    },
  }
}
