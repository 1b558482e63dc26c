import { S3Failure } from '../../failure.ts'

/** What the head of one part of a form says. */
export interface PartHead {
  /** Lower-case: case does not count in the names of fields. */
  readonly name: string
  readonly filename: string | undefined
}

export function malformedForm(message: string): S3Failure {
  return new S3Failure('MalformedPOSTRequest', { message })
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** @throws S3Failure MalformedPOSTRequest for what is no UTF-8 */
export function decodeFormText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw malformedForm('A form must be UTF-8.')
  }
}

/** Encodings that leave the bytes as they are. */
const plainEncodings: ReadonlySet<string> = new Set(['7bit', '8bit', 'binary'])

/**
 * Reads the headers of a part.
 * @param bytes without the empty line behind them
 * @throws S3Failure MalformedPOSTRequest
 */
export function parsePartHead(bytes: Uint8Array): PartHead {
  const headers = new Map<string, string>()
  for (const line of decodeFormText(bytes).split('\r\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase()
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) || /[\r\n\0]/.test(line) || headers.has(name)) {
      throw malformedForm('The headers of a part are malformed.')
    }
    headers.set(name, line.slice(colon + 1).trim())
  }
  const encoding = headers.get('content-transfer-encoding') ?? 'binary'
  if (!plainEncodings.has(encoding.toLowerCase())) {
    throw malformedForm('A part must not be encoded.')
  }
  return parseDisposition(headers.get('content-disposition') ?? '')
}

/** `; name="value"` or `; name=value`; of the escapes that senders use, `\"` is the one in need. */
const parameter = /\s*;\s*([a-z*-]+)=(?:"((?:[^"\\]|\\"|\\(?!"))*)"|([^\s;"]+))/iy

function parseDisposition(text: string): PartHead {
  const type = /^form-data(?=\s*;)/i.exec(text)?.[0]
  if (type === undefined) throw malformedForm('A part must be of the disposition form-data.')
  const parameters = new Map<string, string>()
  parameter.lastIndex = type.length
  let end = type.length
  for (let match = parameter.exec(text); match !== null; match = parameter.exec(text)) {
    const name = (match[1] ?? '').toLowerCase()
    if (parameters.has(name)) throw malformedForm('A parameter of a part stands twice.')
    parameters.set(name, (match[2] ?? match[3] ?? '').replaceAll('\\"', '"'))
    end = parameter.lastIndex
  }
  const name = parameters.get('name')?.toLowerCase()
  if (text.slice(end).trim() !== '' || name === undefined || name === '') {
    throw malformedForm('The disposition of a part is malformed.')
  }
  return { name, filename: parameters.get('filename') }
}

/** RFC 2046, 5.1.1: 1 to 70 of these, not ending in a blank. */
const boundaryCharacters = /^[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]$/

/**
 * The boundary of a form.
 * @throws S3Failure RequestIsNotMultiPartContent, MalformedPOSTRequest
 */
export function formBoundary(contentType: string): string {
  if (!/^multipart\/form-data\s*(?:;|$)/i.test(contentType)) {
    throw new S3Failure('RequestIsNotMultiPartContent', {
      message: 'Bucket POST must be of the enclosure-type multipart/form-data.',
    })
  }
  const found = [...contentType.matchAll(/;\s*boundary=(?:"([^"]*)"|([^\s;"]+))/gi)]
  const [, quoted, bare] = found[0] ?? []
  const boundary = quoted ?? bare ?? ''
  if (found.length !== 1 || !boundaryCharacters.test(boundary)) {
    throw malformedForm('The boundary of the form is missing or malformed.')
  }
  return boundary
}
