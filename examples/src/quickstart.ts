// Stowage in one minute: a server in this very process, and a client that talks to it.
//
//   npm run quickstart
//
// It uploads the sources of this repository, lists them, shares one by a presigned URL, downloads
// all of them again and compares every byte. Nothing is left behind.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import { startServer } from '@stowage/server'
import { Client } from 'stowage'

import {
  filesBelow,
  sha256OfFile,
  temporaryFolder,
  totalBytes,
  type LocalFile,
} from './support/files.ts'
import { inParallel } from './support/parallel.ts'
import { formatBytes, formatElapsed, ProgressBar } from './support/progress.ts'

const bucket = 'quickstart'
const requestsAtOnce = 8
const sources = fileURLToPath(new URL('../../packages', import.meta.url))

async function main(): Promise<void> {
  await using server = await startServer({ port: 0 })
  await using client = new Client(server)
  await using downloads = await temporaryFolder('stowage-quickstart-')
  console.log(`Embedded S3 server at ${server.endpoint}\n`)
  await tour(client, await filesBelow(sources), downloads.path)
}

async function tour(client: Client, files: readonly LocalFile[], downloads: string): Promise<void> {
  await step('Make a bucket', () => makeBucket(client))
  await step('Upload packages/', () => uploadAll(client, files))
  await step('List the bucket', () => listAll(client, files))
  await step('Share one object', () => shareOne(client, files))
  await step('Download and compare', () => downloadAll(client, files, downloads))
  console.log('\nEverything came back as it went. Next: examples/src and README.md')
}

/** Runs one part of the tour and prints what it says it did, and how long that took. */
async function step(title: string, run: () => Promise<string>): Promise<void> {
  const start = performance.now()
  const result = await run()
  console.log(`✓ ${title.padEnd(22)} ${result} (${formatElapsed(start)})`)
}

async function makeBucket(client: Client): Promise<string> {
  await client.makeBucket(bucket)
  return bucket
}

async function uploadAll(client: Client, files: readonly LocalFile[]): Promise<string> {
  const size = totalBytes(files)
  const bar = new ProgressBar(size)
  await inParallel(files, requestsAtOnce, async (file) => {
    await client.putObject(bucket, file.key, await readFile(file.path))
    bar.advance(file.sizeBytes)
  })
  bar.finish()
  return `${files.length} files, ${formatBytes(size)}`
}

async function listAll(client: Client, files: readonly LocalFile[]): Promise<string> {
  const keys = new Set<string>()
  for await (const entry of client.listObjectsV2(bucket, { recursive: true })) {
    if (!entry.isPrefix) keys.add(entry.object)
  }
  const missing = files.filter(({ key }) => !keys.has(key)).map(({ key }) => key)
  if (missing.length > 0) throw new Error(`not listed: ${missing.join(', ')}`)
  return `${keys.size} objects`
}

/** Anybody who has the URL may read this one object for five minutes, with any HTTP client. */
async function shareOne(client: Client, files: readonly LocalFile[]): Promise<string> {
  const [file] = files
  if (file === undefined) throw new Error(`no files in ${sources}`)
  const url = await client.presignedGetObject(bucket, file.key, { expirySeconds: 300 })
  const response = await plainGet(url)
  const content = await buffer(response)
  if (response.statusCode !== 200 || !content.equals(await readFile(file.path))) {
    throw new Error(`GET ${file.key} without credentials: status ${response.statusCode}`)
  }
  return `${file.key}, ${formatBytes(content.length)} over node:http`
}

function plainGet(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, resolve).once('error', reject)
  })
}

async function downloadAll(
  client: Client,
  files: readonly LocalFile[],
  folder: string,
): Promise<string> {
  await inParallel(files, requestsAtOnce, async (file) => {
    const copy = path.join(folder, file.key)
    await download(client, file.key, copy)
    const same = (await sha256OfFile(copy)) === (await sha256OfFile(file.path))
    if (!same) throw new Error(`${file.key} came back changed`)
  })
  return `${files.length} files, every SHA-256 the same`
}

async function download(client: Client, key: string, target: string): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true })
  await writeFile(target, await client.getObject(bucket, key))
}

try {
  await main()
} catch (error) {
  console.error('\n✗ The quickstart failed:', error)
  process.exitCode = 1
}
