import { expect, test } from 'vitest'
import { splitCommandLine } from '../../src/credentials/command-line.ts'

test.each([
  ['a b  c', ['a', 'b', 'c']],
  ['  a\t', ['a']],
  ['"/opt/my tools/run" --x="a b"', ['/opt/my tools/run', '--x=a b']],
  ["a 'b \"c\\' d", ['a', 'b "c\\', 'd']],
  ['a "b \\"c\\" \\\\ \\n"', ['a', 'b "c" \\ \\n']],
  ['a b\\ c \\"', ['a', 'b c', '"']],
  ['a "" \'\'', ['a', '', '']],
  [
    'a;rm -rf $HOME | b && `c` > d *',
    ['a;rm', '-rf', '$HOME', '|', 'b', '&&', '`c`', '>', 'd', '*'],
  ],
  ['a\\', ['a\\']],
  ['a "b', undefined],
  ["a 'b", undefined],
  ['   ', undefined],
])('splits %s', (text, expected) => {
  expect(splitCommandLine(text, false)).toEqual(expected)
})

test.each([
  [String.raw`C:\tools\run.exe "a b" it's`, [String.raw`C:\tools\run.exe`, 'a b', "it's"]],
  [String.raw`"C:\my tools\run.exe" \"x\"`, [String.raw`C:\my tools\run.exe`, '"x"']],
  ['"a', undefined],
])('splits %s as on Windows', (text, expected) => {
  expect(splitCommandLine(text, true)).toEqual(expected)
})
