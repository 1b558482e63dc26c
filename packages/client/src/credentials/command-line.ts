const blank = /\s/

/**
 * Splits a command line into program and arguments, as a POSIX shell does with quotes, and does
 * nothing else that a shell does: `$`, `;`, `|`, `*` are text. `'…'` is taken as it is; in `"…"` a
 * backslash stands before `"` and `\`; elsewhere before any character. With `windows` there are only
 * `"…"`, and a backslash is one of a path unless a `"` follows.
 *
 * @returns undefined for a quote that nobody closes, and for no words at all
 */
export function splitCommandLine(text: string, windows: boolean): readonly string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    const next = text.charAt(at + 1)
    if (character === '\\' && isEscape(next, quote, windows)) {
      word = (word ?? '') + next
      at++
    } else if (character === quote) {
      quote = ''
    } else if (quote === '' && (character === '"' || (character === "'" && !windows))) {
      quote = character
      word ??= ''
    } else if (quote === '' && blank.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      word = (word ?? '') + character
    }
  }
  if (quote !== '') return undefined
  if (word !== undefined) words.push(word)
  return words.length === 0 ? undefined : words
}

/** Whether a backslash before this character only protects it. */
function isEscape(next: string, quote: string, windows: boolean): boolean {
  if (next === '' || quote === "'") return false
  if (windows) return next === '"'
  return quote === '' || next === '"' || next === '\\'
}
