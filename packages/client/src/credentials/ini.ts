/** A file of settings: sections by name, in them values by name. Maps: names come from outside. */
export type IniSections = ReadonlyMap<string, ReadonlyMap<string, string>>

/** A line that is neither section, setting nor comment. Does not quote it: it may hold a secret. */
export class IniError extends Error {
  override readonly name = 'IniError'
  /** From 1. */
  readonly line: number

  constructor(line: number, problem: string) {
    super(`line ${line} ${problem}`)
    this.line = line
  }
}

const sectionPattern = /^\[([^[\]]+)\]$/
const namePattern = /^[^\s=[\]][^=[\]]*$/

/** Where reading stands: lines that are indented deeper than an empty setting belong to it. */
interface State {
  section: Map<string, string> | undefined
  parentIndent: number
}

/**
 * Reads the files of the AWS tools. `#` and `;` begin a comment at the start of a line or after a
 * blank. Names of settings are in lower case then; of two with one name the last counts, sections
 * of one name are one. Settings of settings (indented, below one without a value) are passed over.
 *
 * @throws IniError
 */
export function parseIni(text: string): IniSections {
  const sections = new Map<string, Map<string, string>>()
  const state: State = { section: undefined, parentIndent: Infinity }
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  for (const [index, line] of lines.entries()) {
    const content = withoutComment(line)
    if (content === '') continue
    if (content.startsWith('[')) {
      state.section = sectionOf(content, sections, index + 1)
      state.parentIndent = Infinity
    } else {
      readSetting(content, indentOf(line), state, index + 1)
    }
  }
  return sections
}

function sectionOf(
  content: string,
  sections: Map<string, Map<string, string>>,
  line: number,
): Map<string, string> {
  const name = sectionPattern.exec(content)?.[1]?.trim().replace(/\s+/g, ' ') ?? ''
  if (name === '') throw new IniError(line, 'is no section')
  const section = sections.get(name) ?? new Map<string, string>()
  sections.set(name, section)
  return section
}

function readSetting(content: string, indent: number, state: State, line: number): void {
  if (indent > state.parentIndent) return
  const equals = content.indexOf('=')
  const name = content.slice(0, Math.max(equals, 0)).trim()
  if (!namePattern.test(name)) throw new IniError(line, 'is no setting')
  if (state.section === undefined) throw new IniError(line, 'stands before the first section')
  const value = content.slice(equals + 1).trim()
  state.section.set(name.toLowerCase(), value)
  state.parentIndent = value === '' ? indent : Infinity
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}

/** One pass, character by character: a line may be a megabyte of blanks. */
function withoutComment(line: string): string {
  for (let at = 0; at < line.length; at++) {
    const mark = line[at]
    if (mark !== '#' && mark !== ';') continue
    const before = line[at - 1] ?? ' '
    if (before === ' ' || before === '\t') return line.slice(0, at).trim()
  }
  return line.trim()
}
