import type { RecordedRequest } from '../../../support/recorded-request.ts'
import { withBody, type Mutation } from './mutation.ts'

type Frames = readonly string[]

const signature = /(?<=chunk-signature=)[0-9a-f]{64}/
const anySignature = /[0-9a-f]{64}/g
const size = /^[0-9a-f]+/

/** Mutations of a framed body, its last chunk and its trailers. */
export function* framingMutations(request: RecordedRequest, frames: Frames): Generator<Mutation> {
  const isSigned = signature.test(frames[0] ?? '')
  const mutated = (what: string, parts: Frames, expected: Mutation['expected']): Mutation => ({
    what,
    request: withBody(request, parts.join('')),
    expected,
  })
  for (const [what, parts] of rearranged(frames)) yield mutated(what, parts, 'refused')
  for (const [index, frame] of frames.entries()) {
    for (const [what, other] of otherSizes(frame)) {
      yield mutated(`${what} of chunk ${index}`, frames.with(index, other), 'refused')
    }
    // The size itself is not signed: the same number in another spelling does the same.
    const spelt = frame.replace(size, (text) => `00${text.toUpperCase()}`)
    yield mutated(`another spelling of size ${index}`, frames.with(index, spelt), 'same')
    for (const [what, other] of isSigned ? otherSignatures(frame, frames) : []) {
      yield mutated(`${what} in chunk ${index}`, frames.with(index, other), 'refused')
    }
  }
  for (const [what, last, expected] of otherEnds(frames.at(-1) ?? '')) {
    yield mutated(what, [...frames.slice(0, -1), last], expected)
  }
}

function* rearranged(frames: Frames): Generator<readonly [string, Frames]> {
  for (const [index, frame] of frames.entries()) {
    yield [`without chunk ${index}`, frames.toSpliced(index, 1)]
    yield [`chunk ${index} twice`, frames.toSpliced(index, 0, frame)]
    yield [`cut before chunk ${index}`, frames.slice(0, index)]
    yield [`bytes before chunk ${index}`, frames.toSpliced(index, 0, '\r\n')]
    if (index === 0) continue
    const before = frames[index - 1] ?? ''
    yield [`chunk ${index} before the other`, frames.with(index - 1, frame).with(index, before)]
    yield [`an empty chunk before ${index}`, frames.toSpliced(index, 0, '0\r\n\r\n')]
  }
  yield ['no frames at all', ['bare bytes']]
  yield ['nothing', []]
  yield ['a chunk behind the last', [...frames, frames[0] ?? '']]
}

const wrongSizes: readonly ((text: string) => string)[] = [
  (text) => (Number.parseInt(text, 16) + 1).toString(16),
  (text) =>
    Math.max(0, Number.parseInt(text, 16) - 1)
      .toString(16)
      .replace(/^0$/, '00f'),
  (text) => `0x${text}`,
  (text) => `+${text}`,
  (text) => `-${text}`,
  (text) => ` ${text}`,
  (text) => `${text} `,
  (text) => text.padStart(17, '0'),
  () => '1000001',
  () => 'ffffffffffffffff',
  () => '',
  () => 'g',
]

function* otherSizes(frame: string): Generator<readonly [string, string]> {
  for (const wrong of wrongSizes) {
    const other = frame.replace(size, wrong)
    if (other !== frame) yield [`the size ${other.slice(0, 20)}`, other]
  }
  yield ['an end of line without CR', frame.replace('\r\n', '\n')]
  yield ['an end of line without LF', frame.replace('\r\n', '\r')]
  yield ['a long extension', frame.replace('\r\n', `;x=${'y'.repeat(4096)}\r\n`)]
  yield ['another extension', frame.replace('\r\n', ';x=y\r\n')]
}

function* otherSignatures(frame: string, frames: Frames): Generator<readonly [string, string]> {
  const own = signature.exec(frame)?.[0] ?? ''
  yield ['no signature', frame.replace(/;chunk-signature=[0-9a-f]{64}/, '')]
  const strangers = frames.flatMap((other) => other.match(anySignature) ?? [])
  const wrong = ['0'.repeat(64), own.toUpperCase(), own.slice(1), `${own}0`, own.replace(/^./, 'g')]
  for (const text of [...wrong, ...strangers]) {
    if (text !== own) yield [`the signature ${text}`, frame.replace(signature, text)]
  }
  for (const at of own.split('').keys()) {
    const digit = own[at] === '0' ? '1' : '0'
    const text = own.slice(0, at) + digit + own.slice(at + 1)
    yield [`the signature ${text}`, frame.replace(signature, text)]
  }
}

/** The last chunk with other trailing headers. */
function* otherEnds(last: string): Generator<readonly [string, string, Mutation['expected']]> {
  const lines = last.split('\r\n')
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line === '') continue
    const otherwise = (other: readonly string[]): string =>
      lines.toSpliced(index, 1, ...other).join('\r\n')
    const [name = '', value = ''] = line.split(':')
    yield [`without ${line}`, otherwise([]), 'refused']
    yield [`twice ${line}`, otherwise([line, line]), 'refused']
    yield [`another name for ${line}`, otherwise([`x-amz-checksum-crc32:${value}`]), 'refused']
    yield [`another value of ${line}`, otherwise([`${name}:AAAA${value.slice(4)}`]), 'refused']
    yield [`no value of ${line}`, otherwise([`${name}:`]), 'refused']
    yield [`${line} in capitals`, otherwise([`${name.toUpperCase()}:${value}`]), 'same']
    yield [`a blank before the value of ${line}`, otherwise([`${name}: ${value}`]), 'same']
    yield [`a line before ${line}`, otherwise(['x-amz-meta-added:added', line]), 'refused']
  }
  yield ['a trailer nobody announced', last.replace(/\r\n$/, 'x-amz-acl:x\r\n\r\n'), 'refused']
  yield ['no end', last.replace(/\r\n$/, ''), 'refused']
}
