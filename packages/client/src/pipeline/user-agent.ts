import { InvalidArgumentError } from '../errors.ts'
import type { AppInfo } from '../options.ts'

/** Tokens of RFC 9110, of which products and their versions are made. */
const token = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/

function checkToken(argument: string, value: unknown): void {
  if (typeof value === 'string' && token.test(value)) return
  throw new InvalidArgumentError(argument, 'must be letters, digits and -_.+~, without blanks')
}

/** The User-Agent of a client: the library, and the program that uses it. */
export function userAgentOf(version: string, appInfo: AppInfo | undefined): string {
  const own = `stowage/${version}`
  if (appInfo === undefined) return own
  const given: unknown = appInfo
  if (typeof given !== 'object' || given === null) {
    throw new InvalidArgumentError('appInfo', 'must have a name and a version')
  }
  checkToken('appInfo.name', appInfo.name)
  checkToken('appInfo.version', appInfo.version)
  return `${own} ${appInfo.name}/${appInfo.version}`
}
