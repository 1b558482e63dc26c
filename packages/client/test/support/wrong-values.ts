import { sseKms } from '../../src/request/sse.ts'

/** Half of a character: no encoding can carry it. */
export const halfCharacter = '\ud800'
/** What would end a header's line, or is no text at all. */
const lineBreaks = ['a\r\nx-evil: 1', 'a\nb', 'a\u0000b', 'a\u007fb'] as const

/** What is no text, and not left out either. */
export const noTexts: readonly unknown[] = [null, 1, true, {}, [], Symbol('text'), () => 'x']
export const badTexts: readonly unknown[] = [...noTexts, halfCharacter]
export const badNonEmptyTexts: readonly unknown[] = [...badTexts, '']
export const badHeaderTexts: readonly unknown[] = [...badNonEmptyTexts, ...lineBreaks, 'é']
export const badBooleans: readonly unknown[] = [null, 0, 1, 'true', {}, []]
export const badNumbers: readonly unknown[] = [null, '1', {}, 1n, Number.NaN, Infinity, -1, 1.5]
export const badCounts: readonly unknown[] = [...badNumbers, 0]
export const badFunctions: readonly unknown[] = [null, 1, 'f', {}, []]
export const badDates: readonly unknown[] = [
  null,
  '2026-01-01',
  1_700_000_000_000,
  {},
  new Date(Number.NaN),
  new Date(8.64e15),
  new Date(-8.64e15),
]
export const badRecords: readonly unknown[] = [null, 1, 'text', true, [], [{}]]
export const badLists: readonly unknown[] = [null, 1, 'text', {}, true]

export const badBuckets: readonly unknown[] = [
  undefined,
  ...noTexts,
  halfCharacter,
  '',
  ' ',
  'ab',
  'a'.repeat(64),
  'a b c',
  'a/b',
  '../x',
  'a#b',
  'a?b=c',
  'a=b',
  'a$b',
  'a*b',
  '-abc',
  'abc-',
  '.abc',
  'abc.',
  'a..b',
  'a.-b',
  'a-.b',
  '1.2.3.4',
  'bücket',
  'a\r\nb',
  'a@b',
  'a.'.repeat(50_000),
]

export const badObjects: readonly unknown[] = [
  undefined,
  ...noTexts,
  '',
  'x'.repeat(1025),
  'é'.repeat(513),
  '\u{1f600}'.repeat(257),
  halfCharacter,
  '\udc00\ud800',
]

export const badPaths: readonly unknown[] = [undefined, ...noTexts, '', 'a\u0000b']
export const badVersionIds: readonly unknown[] = badNonEmptyTexts

/** Half of them are objects that only look like keys. */
export const badSse: readonly unknown[] = [
  null,
  'key',
  1,
  {},
  [],
  new Uint8Array(32),
  { kind: 'SSE-C', headers: () => ({}) },
]
export const badCustomerKeys: readonly unknown[] = [...badSse, sseKms('key')]

export const badConditions: readonly unknown[] = [
  ...badRecords,
  ...badHeaderTexts.flatMap((ifMatch) => [{ ifMatch }, { ifNoneMatch: ifMatch }]),
  ...badDates.flatMap((date) => [{ ifModifiedSince: date }, { ifUnmodifiedSince: date }]),
  { ifmatch: 'misspelt' },
]

export const badMetadata: readonly unknown[] = [
  ...badRecords,
  { a: 5 },
  { a: null },
  { a: '1', A: '2' },
  { 'a b': '1' },
  { '': '1' },
  { é: '1' },
  { a: halfCharacter },
  ...lineBreaks.flatMap((text) => [{ a: text }, { [text]: 'a' }]),
]

const tooMany = (count: number): object =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`t${at}`, '']))

export const badTags = (most: number): readonly unknown[] => [
  ...badRecords,
  tooMany(most + 1),
  { '': 'x' },
  { ['x'.repeat(129)]: '' },
  { a: 'x'.repeat(257) },
  { a: 5 },
  { a: null },
  { a: halfCharacter },
  { [halfCharacter]: 'a' },
]

export const badHeaders: readonly unknown[] = [
  ...badRecords,
  ...badHeaderTexts.filter((value) => value !== '').map((value) => ({ 'x-a': value })),
  ...['a b', '', 'é', 'a:', 'Host', 'authorization', 'x-amz-date', 'Content-Length'].map(
    (name) => ({ [name]: 'x' }),
  ),
  { 'transfer-encoding': 'chunked' },
  { 'X-Amz-Security-Token': 'x' },
  { 'x-a': '1', 'X-A': '2' },
]

export const badQueries: readonly unknown[] = [
  null,
  'a=b',
  5,
  true,
  { '': 'x' },
  { a: 5 },
  { a: null },
  { a: halfCharacter },
  { [halfCharacter]: 'a' },
  [5],
  [null],
  [['a']],
  [['', 'b']],
]

export const badRegions: readonly unknown[] = [
  ...noTexts,
  '',
  'a b',
  'evil.example/#',
  'x'.repeat(33),
]
export const badSignals: readonly unknown[] = [null, 1, 'now', {}, { aborted: true }]

export const badChecksumAlgorithms: readonly unknown[] = [
  ...noTexts,
  '',
  'MD5',
  'crc32',
  'SHA-256',
  '__proto__',
]
export const badChecksums: readonly unknown[] = [
  ...badRecords,
  ...[undefined, ...badChecksumAlgorithms].map((algorithm) => ({ algorithm })),
  ...[...badNonEmptyTexts, 'AAAA', 'AAAAAA', 'AAAAAA==-2', '!AAAAA=='].map((value) => ({
    algorithm: 'CRC32',
    value,
  })),
  ...[null, 1, 'full_object', 'FULL'].map((type) => ({ algorithm: 'CRC32', type })),
  ...[null, 1, 'Trailer', ''].map((placement) => ({ algorithm: 'CRC32', placement })),
  { algorithm: 'SHA256', type: 'FULL_OBJECT' },
  { algorithm: 'CRC64NVME', type: 'COMPOSITE' },
  { algorithm: 'CRC32', type: 'COMPOSITE', value: 'AAAAAA==' },
  { algorithm: 'CRC32', placment: 'misspelt' },
]
