import { describe, expect, it } from 'vitest'
import { S3Error } from '../../src/errors.ts'
import type { Client } from '../../src/client.ts'
import {
  httpHead,
  httpReply,
  ScriptedServer,
  type Step,
} from '../../../../test/support/scripted-server.ts'
import { clientOf, failureOf } from '../support/assembled.ts'

type Call = (client: Client) => Promise<unknown>

const copied =
  '<CopyObjectResult><ETag>"e"</ETag><LastModified>2026-01-02T03:04:05Z</LastModified></CopyObjectResult>'

const calls: readonly (readonly [name: string, call: Call, success: string])[] = [
  ['copyObject', (client) => client.copyObject('bkt', 'k', 'bkt/source'), copied],
  [
    'removeObjects',
    async (client) => {
      for await (const { code } of client.removeObjects('bkt', ['a', 'b'])) throw new Error(code)
    },
    '<DeleteResult/>',
  ],
]

const errorDocument = (code: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><RequestId>R</RequestId></Error>`

/** As stores answer that keep a connection open with blanks while they work. */
function slowly(document: string): readonly Step[] {
  const blanks = [' ', ' ', ' ', '\n', '\n']
  const body = blanks.join('') + document
  const head = httpHead(200, { 'content-length': String(body.length) })
  return [head, ...blanks.flatMap((blank) => [blank, { pauseMs: 2 }]), document]
}

describe.each(calls)('%s that is answered 200 before it is done', (_name, call, success) => {
  it('is a refusal when an error follows', async () => {
    await using server = await ScriptedServer.start([slowly(errorDocument('AccessDenied'))])
    await using client = clientOf(server.endpoint)
    const failure = await failureOf(call(client))
    expect(failure).toBeInstanceOf(S3Error)
    expect(failure).toMatchObject({ code: 'AccessDenied', requestId: 'R', retryable: false })
    expect(server.requests).toHaveLength(1)
  })

  it.each(['InternalError', 'SlowDown'])('is sent again after %s', async (code) => {
    await using server = await ScriptedServer.start([slowly(errorDocument(code)), slowly(success)])
    await using client = clientOf(server.endpoint)
    await call(client)
    expect(server.requests).toHaveLength(2)
  })

  it('is no success without a document', async () => {
    await using server = await ScriptedServer.start([httpReply(200)])
    await using client = clientOf(server.endpoint, { retry: { maxAttempts: 1 } })
    expect(await failureOf(call(client))).toBeInstanceOf(Error)
  })
})
