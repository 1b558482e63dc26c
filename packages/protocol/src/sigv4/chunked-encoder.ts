import { sha256Hex } from './hash.ts'
import type { ChunkSigner } from './chunk-signer.ts'
import { emptySha256, type HeaderPair } from './types.ts'

const signatureField = ';chunk-signature='
const signatureHexLength = 64
const trailerSignatureName = 'x-amz-trailer-signature'

function chunkHeader(sizeBytes: number, signature: string | undefined): string {
  const extension = signature === undefined ? '' : `${signatureField}${signature}`
  return `${sizeBytes.toString(16)}${extension}\r\n`
}

/**
 * Frames a body as `aws-chunked`. With a signer each chunk carries a signature, without
 * one the frame serves for its trailing headers alone.
 */
export class ChunkedEncoder {
  readonly #signer: ChunkSigner | undefined

  constructor(signer?: ChunkSigner) {
    this.#signer = signer
  }

  /** The bytes before the data of a chunk; the data itself and CR LF follow. */
  header(data: Uint8Array): string {
    return chunkHeader(data.length, this.#signer?.chunk(sha256Hex(data)))
  }

  /** The last, empty chunk with the trailing headers. */
  end(trailers: readonly HeaderPair[] = []): string {
    let text = chunkHeader(0, this.#signer?.chunk(emptySha256))
    if (trailers.length === 0) return `${text}\r\n`
    let signed = ''
    for (const [name, value] of trailers) {
      signed += `${name}:${value}\n`
      text += `${name}:${value}\r\n`
    }
    if (this.#signer) text += `${trailerSignatureName}:${this.#signer.trailer(signed)}\r\n`
    return `${text}\r\n`
  }
}

/** What decides the length of a framed body. */
export interface ChunkedLayout {
  readonly decodedBytes: number
  /** Every chunk but the last data chunk has this size. */
  readonly chunkBytes: number
  readonly signed: boolean
  /** Names and the length of the values of the trailing headers. */
  readonly trailers: readonly { readonly name: string; readonly valueBytes: number }[]
}

/** The Content-Length of the framed body. */
export function chunkedLength(layout: ChunkedLayout): number {
  const { decodedBytes, chunkBytes, signed, trailers } = layout
  const extension = signed ? signatureField.length + signatureHexLength : 0
  const frame = (size: number): number => size.toString(16).length + extension + 2 + size + 2
  const full = Math.floor(decodedBytes / chunkBytes)
  const rest = decodedBytes % chunkBytes
  let total = full * frame(chunkBytes) + (rest > 0 ? frame(rest) : 0) + frame(0)
  for (const { name, valueBytes } of trailers) total += name.length + 1 + valueBytes + 2
  if (signed && trailers.length > 0)
    total += trailerSignatureName.length + 1 + signatureHexLength + 2
  return total
}
