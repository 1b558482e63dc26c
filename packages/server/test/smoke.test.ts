import { expect, it } from 'vitest'
import { startServer } from '@stowage/server'
import { RawClient } from './support/raw-client.ts'

it('smoke', async () => {
  const server = await startServer({ onDefect: (e) => console.error(e) })
  const client = new RawClient(server)
  await client.makeBucket('bucket')
  expect(await client.put('bucket', 'a/b', 'hello')).toMatchObject({ status: 200 })
  expect(await client.get('bucket', 'a/b')).toMatchObject({ status: 200, text: 'hello' })
  const list = await client.send({ bucket: 'bucket', query: { 'list-type': '2', delimiter: '/' } })
  console.log(list.text, list.headers)
  console.log((await client.send({ })).text)
  console.log((await client.get('bucket', 'nope')).text)
  console.log((await client.get('bucket', 'a/b', {range: 'bytes=1-2'})))
  await server.close()
  client.close()
})
