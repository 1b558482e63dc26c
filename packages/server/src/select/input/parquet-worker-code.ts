/** Kept out of the text below, which who looks for imports of this file would read as one. */
const load = 'import'

/**
 * What runs in the thread that reads Parquet, as text: a file of its own would have to be found
 * beside this one both in the sources and in what is published, and only one of both can be run.
 * It knows nothing of S3: it asks for bytes, and gives what hyparquet makes of them.
 *
 * Moments become `{ [momentMark]: bigint, digits }`, since classes do not travel between threads.
 */
export const parquetWorkerCode: string = `
const { parentPort, workerData } = require('node:worker_threads')
const { brotliDecompressSync, gunzipSync } = require('node:zlib')
const { byteLength, hyparquetUrl, momentMark } = workerData

let metadata
let lastRead = 0
const reads = new Map()
const file = {
  byteLength,
  slice: (start, end = byteLength) =>
    new Promise((resolve) => {
      reads.set(++lastRead, resolve)
      parentPort.postMessage({ kind: 'read', id: lastRead, start, end })
    }),
}

// A page says how long it is when it is decompressed, and may not be longer.
const limit = (outputLength) => ({ maxOutputLength: Math.max(1, outputLength) })
const compressors = {
  GZIP: (input, outputLength) => gunzipSync(input, limit(outputLength)),
  BROTLI: (input, outputLength) => brotliDecompressSync(input, limit(outputLength)),
}

const moment = (digits) => (value) => ({ [momentMark]: BigInt(value), digits })
const parsers = {
  dateFromDays: moment(-1),
  timestampFromMilliseconds: moment(3),
  timestampFromMicroseconds: moment(6),
  timestampFromNanoseconds: moment(9),
}

const tasks = {
  async open({ parquetMetadataAsync, parquetSchema }) {
    metadata = await parquetMetadataAsync(file, { geoparquet: false })
    return { metadata, columns: parquetSchema(metadata).children }
  },
  async use(_hyparquet, task) {
    metadata = task.metadata
  },
  rows({ parquetRead }, { columns, rowStart, rowEnd }) {
    const options = { file, metadata, columns, rowStart, rowEnd, compressors, parsers }
    return new Promise((onComplete, reject) => {
      const how = { utf8: false, geoparquet: false, rowFormat: 'array', onComplete }
      parquetRead({ ...options, ...how }).catch(reject)
    })
  },
}

parentPort.on('message', async (message) => {
  if (message.kind === 'bytes') {
    reads.get(message.id)(message.bytes)
    reads.delete(message.id)
    return
  }
  try {
    const result = await tasks[message.kind](await ${load}(hyparquetUrl), message)
    parentPort.postMessage({ kind: 'done', result })
  } catch {
    parentPort.postMessage({ kind: 'failed' })
  }
})
`
