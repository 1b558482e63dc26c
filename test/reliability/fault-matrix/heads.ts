import type { Disturbance } from './fault-proxy.ts'
import type { Family, Fault } from './faults.ts'

type Edit = (head: string) => string

/** Hands on an answer with another head. */
function editHead(edit: Edit): Disturbance {
  return {
    down: (stretch, { toClient, reached }) => {
      if (stretch.isHead) reached()
      toClient.send(stretch.isHead ? Buffer.from(edit(stretch.head), 'latin1') : stretch.bytes)
    },
  }
}

/** Puts lines before the empty one. */
const adding =
  (...lines: string[]): Edit =>
  (head) =>
    `${head.slice(0, -2)}${lines.map((line) => `${line}\r\n`).join('')}\r\n`

const without =
  (name: string): Edit =>
  (head) =>
    head.replace(new RegExp(`\r\n${name}:[^\r]*`, 'i'), '')

const setting =
  (name: string, value: string): Edit =>
  (head) =>
    adding(`${name}: ${value}`)(without(name)(head))

const preceding =
  (text: string): Edit =>
  (head) =>
    text + head

const informational = (status: number, lines = ''): string =>
  `HTTP/1.1 ${status} Noise\r\n${lines}\r\n`

const lengthOf = (head: string): number =>
  Number(/\r\ncontent-length: ([0-9]+)/i.exec(head)?.[1] ?? 0)

const resized =
  (size: (bytes: number) => string): Edit =>
  (head) =>
    setting('content-length', size(lengthOf(head)))(head)

/** Headers that a client may rely on. */
const reliedOn = [
  'content-length',
  'content-type',
  'content-range',
  'date',
  'etag',
  'last-modified',
  'transfer-encoding',
  'x-amz-request-id',
  'x-amz-version-id',
]

const edits: Readonly<Partial<Record<Family, Readonly<Record<string, Edit>>>>> = {
  '1xx': {
    '100': preceding(informational(100)),
    '102': preceding(informational(102)),
    '103 with headers': preceding(
      informational(103, 'etag: "noise"\r\ncontent-length: 7\r\nlink: </x>; rel=preload\r\n'),
    ),
    '100, three times': preceding(informational(100).repeat(3)),
    '100, 200 times': preceding(informational(100).repeat(200)),
    '101': preceding(informational(101, 'connection: upgrade\r\nupgrade: noise\r\n')),
    '199': preceding(informational(199)),
  },
  lengths: {
    'a byte too short': resized((bytes) => String(Math.max(0, bytes - 1))),
    'half of it': resized((bytes) => String(bytes >> 1)),
    nothing: resized(() => '0'),
    'a byte too long': resized((bytes) => String(bytes + 1)),
    'far too long': resized((bytes) => String(bytes + 4096)),
    negative: resized(() => '-1'),
    signed: resized((bytes) => `+${bytes}`),
    hexadecimal: resized((bytes) => `0x${bytes.toString(16)}`),
    'not a number': resized(() => 'some'),
    empty: resized(() => ''),
    'beyond all numbers': resized(() => '18446744073709551617'),
    'two values in one': resized((bytes) => `${bytes}, ${bytes}`),
    'the same twice': (head) => adding(`content-length: ${lengthOf(head)}`)(head),
    'two different ones': (head) => adding(`content-length: ${lengthOf(head) + 7}`)(head),
    'both length and chunks': adding('transfer-encoding: chunked'),
    'chunks that are none': (head) =>
      setting('transfer-encoding', 'chunked')(without('content-length')(head)),
    'unknown transfer encoding': adding('transfer-encoding: gzip'),
    'until the end, of HTTP/1.0': (head) =>
      without('content-length')(head).replace('HTTP/1.1', 'HTTP/1.0'),
  },
  'malformed head': {
    'no version': (head) => head.replace('HTTP/1.1 ', ''),
    'HTTP/2.0': (head) => head.replace('HTTP/1.1', 'HTTP/2.0'),
    'status abc': (head) => head.replace(/ \d\d\d /, ' abc '),
    'status 99': (head) => head.replace(/ \d\d\d /, ' 99 '),
    'status 1000': (head) => head.replace(/ \d\d\d /, ' 1000 '),
    'status 000': (head) => head.replace(/ \d\d\d /, ' 000 '),
    'lines end in LF': (head) => head.replaceAll('\r\n', '\n'),
    'lines end in CR': (head) => head.replaceAll('\r\n', '\r'),
    'a line without a colon': adding('noise'),
    'a name with a blank': adding('no ise: 1'),
    'an empty name': adding(': 1'),
    'NUL in a value': adding('x-noise: a\0b'),
    'bytes above ASCII': adding('x-noise: \xff\xfe'),
    'a folded line': adding('x-noise: a', '  b'),
    'a header of 64 KiB': adding(`x-noise: ${'n'.repeat(65_536)}`),
    '10,000 headers': adding(...Array.from({ length: 10_000 }, (_, index) => `x-n${index}: n`)),
    'garbage before it': preceding('\x16\x03\x01\x02\x00'),
    'an empty line before it': preceding('\r\n'),
    'a name of the prototype': adding('__proto__: noise', 'constructor: noise'),
  },
  'missing header': Object.fromEntries(reliedOn.map((name) => [name, without(name)])),
  clock: {
    'date of 2099': setting('date', 'Thu, 01 Jan 2099 00:00:00 GMT'),
    'date of 1970': setting('date', 'Thu, 01 Jan 1970 00:00:00 GMT'),
    'date that is none': setting('date', 'yesterday'),
    'two dates': adding('date: Thu, 01 Jan 2099 00:00:00 GMT'),
  },
}

/** undici takes a 100 that nobody asked for as an error. */
const harmless: ReadonlySet<string> = new Set(['102'])

export const headFaults: readonly Fault[] = Object.entries(edits).flatMap(([family, table]) =>
  Object.entries(table).map(([name, edit]) => ({
    name: `${family}: ${name}`,
    family: family as Family, // Object.entries forgets the type of the keys.
    repeats: ['once', 'always'] as const,
    alters: 'answer' as const,
    harmless: harmless.has(name) || family === 'clock',
    disturb: () => editHead(edit),
  })),
)
