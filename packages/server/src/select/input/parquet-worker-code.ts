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
const { byteLength, hyparquetUrl, maxColumns, momentMark } = workerData

let metadata
let columns
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

// Rows go out in portions: who takes them must not be kept busy by receiving many at once.
const portionWeight = 64 * 1024
let rows = []
let sent = 0

function weightOf(value) {
  if (typeof value === 'string' || value instanceof Uint8Array) return 8 + value.length
  if (typeof value !== 'object' || value === null) return 8
  return Object.values(value).reduce((sum, item) => sum + weightOf(item), 16)
}

function nextPortion() {
  const from = sent
  for (let weight = 0; sent < rows.length && weight < portionWeight; sent++) {
    weight += weightOf(rows[sent])
  }
  return rows.slice(from, sent)
}

const tasks = {
  async open({ parquetMetadataAsync, parquetSchema }) {
    metadata = await parquetMetadataAsync(file, { geoparquet: false })
    columns = parquetSchema(metadata).children
    return {
      groupCount: metadata.row_groups.length,
      columns: columns
        .slice(0, maxColumns + 1)
        .map(({ element, children }) => ({ element, isNested: children.length > 0 })),
    }
  },
  // hyparquet would turn decimals into floating-point numbers.
  unmark(_hyparquet, { places }) {
    for (const place of places) {
      const { element } = columns[place]
      delete element.converted_type
      delete element.logical_type
    }
  },
  group(_hyparquet, { index, columns }) {
    const { num_rows, total_byte_size, columns: chunks } = metadata.row_groups[index]
    const wanted = new Set(columns)
    const codecs = new Set()
    let begin = Infinity
    for (const { meta_data: chunk } of chunks) {
      if (chunk === undefined) continue
      begin = Math.min(begin, Number(chunk.dictionary_page_offset ?? chunk.data_page_offset))
      if (wanted.has(chunk.path_in_schema[0])) codecs.add(chunk.codec)
    }
    return { rowCount: num_rows, sizeBytes: total_byte_size, begin, codecs: [...codecs] }
  },
  rows({ parquetRead }, { columns, rowStart, rowEnd }) {
    const options = { file, metadata, columns, rowStart, rowEnd, compressors, parsers }
    return new Promise((resolve, reject) => {
      const onComplete = (read) => {
        if (read.length !== rowEnd - rowStart) reject(new Error('rows are missing'))
        rows = read
        sent = 0
        resolve(nextPortion())
      }
      const how = { utf8: false, geoparquet: false, rowFormat: 'array', onComplete }
      parquetRead({ ...options, ...how }).catch(reject)
    })
  },
  moreRows: nextPortion,
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
