import { createServer } from 'node:net'
import { expect } from 'vitest'
import { isTransportError } from 'stowage'
import { conformance } from './harness/conformance.ts'
import { expectRefusedLocally, statusOf } from './harness/refusals.ts'

/** A port of this machine where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

conformance('bucketExists', (defineCase) => {
  defineCase('tells whether there is a bucket', async ({ client, bucket, bucketName }) => {
    expect(await client.bucketExists(await bucket())).toBe(true)
    expect(await client.bucketExists(bucketName())).toBe(false)
  })

  defineCase('asks for names that only old buckets have', async ({ client, bucketName }) => {
    const name = bucketName((random) => `Old_${random}:x`)
    expect(await client.bucketExists(name)).toBe(false)
  })

  defineCase('throws rather than answers to who may not know', async (context) => {
    const { anonymous, newClient, bucket } = context
    const name = await bucket()
    expect(await statusOf(anonymous().bucketExists(name))).toBe(403)
    const forged = newClient({ secretKey: 'not the right one' })
    expect(await statusOf(forged.bucketExists(name))).toBe(403)
    const stranger = newClient({ accessKey: 'nobody-of-this-name', secretKey: 'some-secret-key' })
    expect(await statusOf(stranger.bucketExists(name))).toBe(403)
  })

  defineCase(
    'throws for the bucket of somebody else',
    async ({ otherUser, bucket }) => {
      expect(await statusOf(otherUser().bucketExists(await bucket()))).toBe(403)
    },
    { needs: ['other users'] },
  )

  defineCase('throws where no store is', async ({ newClient, bucketName }) => {
    const endpoint = `http://127.0.0.1:${await closedPort()}`
    const lost = newClient({ endpoint, retry: { maxAttempts: 1 } })
    const error = await lost.bucketExists(bucketName()).catch((reason: unknown) => reason)
    expect(isTransportError(error)).toBe(true)
  })

  defineCase('rejects with the reason of the signal', async ({ client, bucket }) => {
    const reason = new Error('enough')
    const signal = AbortSignal.abort(reason)
    await expect(client.bucketExists(await bucket(), { signal })).rejects.toBe(reason)
  })

  defineCase('refuses wrong names without a request', async ({ newClient }) => {
    const exists = newClient({}).bucketExists
    for (const name of ['', 'ab', 'a/b', 'a b', '..', '?x=y', undefined]) {
      await expectRefusedLocally(
        newClient,
        (client) => Reflect.apply(exists, client, [name]),
        String(name),
      )
    }
  })
})
