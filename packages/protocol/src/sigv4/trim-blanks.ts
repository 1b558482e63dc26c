function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d
}

/**
 * Takes spaces, tabs and line ends off both ends of a header's value. `String.trim` takes more,
 * such as U+00A0, which is a byte of the value; a regular expression that looks for the blanks
 * before the end needs quadratic time on a value full of them, and this runs before anybody is
 * known to have sent it.
 */
export function trimBlanks(value: string): string {
  let start = 0
  let end = value.length
  while (start < end && isBlank(value.charCodeAt(start))) start++
  while (end > start && isBlank(value.charCodeAt(end - 1))) end--
  return value.slice(start, end)
}
