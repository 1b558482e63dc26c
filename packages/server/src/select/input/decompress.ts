import { Readable, pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'

import { S3Failure } from '../../failure.ts'

/** How an object is compressed. */
export type Compression = 'NONE' | 'GZIP'

/** From here on the ratio is looked at. */
const tolerantBytes = 64 * 1024 * 1024
/** Text that people keep comes down to a tenth or, at best, a hundredth; deflate ends at 1032. */
const maxRatio = 300

/**
 * Decompresses a stream, without keeping more than a few chunks.
 * @throws S3Failure InvalidCompressionFormat, TruncatedInput
 */
export function decompress(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncIterable<Uint8Array> {
  return compression === 'GZIP' ? gunzip(source) : source
}

async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = createGunzip({ chunkSize: 128 * 1024 })
  const input = Readable.from(source, { objectMode: false })
  // Errors reach the loop below through the stream that pipeline destroys.
  pipeline(input, stream, () => undefined)
  let outputBytes = 0
  try {
    for await (const chunk of stream) {
      if (!(chunk instanceof Uint8Array)) continue
      outputBytes += chunk.length
      if (outputBytes > tolerantBytes && outputBytes > stream.bytesWritten * maxRatio) {
        throw new S3Failure('InvalidCompressionFormat', {
          message: 'The object expands to too many bytes.',
        })
      }
      yield chunk
    }
  } catch (error) {
    throw failureOf(error)
  } finally {
    input.destroy()
  }
}

function failureOf(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code !== 'string' || !code.startsWith('Z_')) return error
  return new S3Failure(code === 'Z_BUF_ERROR' ? 'TruncatedInput' : 'InvalidCompressionFormat')
}
