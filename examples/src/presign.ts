// Let others read and write one object each, for a while, without credentials.
import { openStore } from './support/store.ts'

await using store = await openStore()
const { client } = store
const bucket = `example-presign-${process.pid}`

await client.makeBucket(bucket)

const upload = await client.presignedPutObject(bucket, 'guest.txt', { expirySeconds: 60 })
const stored = await fetch(upload, { method: 'PUT', body: 'written by a guest' })
console.log('PUT', stored.status)

const download = await client.presignedGetObject(bucket, 'guest.txt', { expirySeconds: 60 })
console.log('GET', await (await fetch(download)).text())

await client.removeObject(bucket, 'guest.txt')
await client.removeBucket(bucket)
