import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IniError, parseIni } from '../../src/credentials/ini.ts'

function parsed(text: string): Record<string, Record<string, string>> {
  return Object.fromEntries(
    [...parseIni(text)].map(([name, section]) => [name, Object.fromEntries(section)]),
  )
}

test.each([
  ['plain', '[a]\nx = 1\ny=2', { a: { x: '1', y: '2' } }],
  ['CRLF and CR', '[a]\r\nx = 1\ry = 2\r\n', { a: { x: '1', y: '2' } }],
  ['byte order mark', '\uFEFF[a]\nx=1', { a: { x: '1' } }],
  ['comments', '# c\n; c\n[a] # c\nx = 1 ; c\n  # c\ny = 2 # c', { a: { x: '1', y: '2' } }],
  ['marks in a value', '[a]\nx = a#b;c=d==', { a: { x: 'a#b;c=d==' } }],
  ['blanks in names', '[ profile \t x ]\nx=1', { 'profile x': { x: '1' } }],
  ['upper case', '[A]\nAWS_Key = V', { A: { aws_key: 'V' } }],
  ['twice', '[a]\nx=1\nx=2\n[b]\n[a]\ny=3', { a: { x: '2', y: '3' }, b: {} }],
  ['nested', '[a]\ns3 =\n  x = 1\n  odd line\ny = 2', { a: { s3: '', y: '2' } }],
  ['indented as a whole', '[a]\n  x = 1\n  y = 2', { a: { x: '1', y: '2' } }],
  ['an empty value', '[a]\nx =\ny = 1', { a: { x: '', y: '1' } }],
  ['nothing', '', {}],
])('reads %s', (_name, text, expected) => {
  expect(parsed(text)).toEqual(expected)
})

test('names of the prototype are names like any other', () => {
  const sections = parseIni('[__proto__]\n__proto__ = x\nconstructor = y\n[toString]\npolluted = z')
  expect(sections.get('__proto__')?.get('__proto__')).toBe('x')
  expect(sections.get('toString')?.get('polluted')).toBe('z')
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
  expect(Object.keys(Object.prototype)).toEqual([])
})

test.each([
  ['an unclosed bracket', '[a]\n[b\nx=1', 2],
  ['text behind a bracket', '[a] b', 1],
  ['an empty section', '[ ]', 1],
  ['a bracket in a bracket', '[[a]]', 1],
  ['no equals sign', '[a]\nx=1\nsecret', 3],
  ['no name', '[a]\n= secret', 2],
  ['no section', 'x = secret', 1],
])('refuses %s, and tells the line alone', (_name, text, line) => {
  try {
    parseIni(text)
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(IniError)
    expect(error).toMatchObject({ line })
    expect(String(error)).not.toContain('secret')
  }
})

test('any text gives sections or an IniError, in linear time', () => {
  const piece = fc.constantFrom(
    '[',
    ']',
    '=',
    '#',
    ';',
    '\n',
    '\r',
    ' ',
    '\t',
    'a',
    '__proto__',
    '"',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      try {
        parseIni(pieces.join(''))
      } catch (error) {
        expect(error).toBeInstanceOf(IniError)
      }
    }),
    { seed: 5, numRuns: 2000 },
  )
  const started = performance.now()
  parseIni(`[a]\nx = ${' '.repeat(1_000_000)}y`)
  expect(() => parseIni(`[${' '.repeat(1_000_000)}`)).toThrow(IniError)
  expect(performance.now() - started).toBeLessThan(1000)
})
