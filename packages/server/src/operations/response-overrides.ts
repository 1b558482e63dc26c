import { S3Failure } from '../failure.ts'
import type { OperationContext } from './operation.ts'

const prefix = 'response-'

/** The headers of a GET that its query may set. */
const overridable: ReadonlySet<string> = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
])

/**
 * Headers that the query of a GET or HEAD sets, as `response-content-type=text/plain`. Only who
 * signs may: otherwise anybody could turn a stored picture into a page that runs scripts.
 * @throws S3Failure InvalidRequest when the request is not signed, InvalidArgument when a value
 *   cannot stand in a header
 */
export function overriddenHeaders(context: OperationContext): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (const [parameter, value] of context.query) {
    if (!parameter.startsWith(prefix)) continue
    const name = parameter.slice(prefix.length)
    if (!overridable.has(name)) continue
    if (context.identity.kind === 'anonymous') {
      throw new S3Failure('InvalidRequest', {
        message: 'Request specific response headers cannot be used for anonymous GET requests.',
      })
    }
    headers.set(name, headerValue(parameter, value))
  }
  return headers
}

/** A header holds one character per byte, so text beyond ASCII goes out as its UTF-8. */
function headerValue(parameter: string, value: string): string {
  const bytes = Buffer.from(value, 'utf8').toString('latin1')
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(bytes)) {
    throw new S3Failure('InvalidArgument', {
      message: 'A response header must not hold control characters.',
      extra: { ArgumentName: parameter },
    })
  }
  return bytes
}
