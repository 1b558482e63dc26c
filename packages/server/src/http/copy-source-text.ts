import { decodeUriComponentStrict } from '@stowage/protocol'

/** What stands in `x-amz-copy-source`, taken apart. Nothing of it is checked. */
export interface CopySourceText {
  /** `bucket/key`. */
  readonly location: string
  readonly versionId: string | undefined
}

const versionSeparator = '?versionId='

/**
 * The one reading of `x-amz-copy-source`, for the copy and for the policies that judge it. The
 * header has one character per byte, and text is UTF-8, percent-encoded or not.
 * @returns undefined for what cannot be decoded
 */
export function readCopySource(header: string): CopySourceText | undefined {
  const path = header.startsWith('/') ? header.slice(1) : header
  const question = path.indexOf(versionSeparator)
  try {
    const bytes = Buffer.from(question === -1 ? path : path.slice(0, question), 'latin1')
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return {
      location: decodeUriComponentStrict(text),
      versionId: question === -1 ? undefined : path.slice(question + versionSeparator.length),
    }
  } catch {
    return undefined
  }
}
