import { describe, expect, it } from 'vitest'
import type { Client } from '../../src/client.ts'
import {
  httpHead,
  httpReply,
  ScriptedServer,
  type Step,
} from '../../../../test/support/scripted-server.ts'
import { clientOf, failureOf } from '../support/assembled.ts'

async function removeAll(client: Client): Promise<void> {
  for await (const error of client.removeObjects('bkt', ['a'])) expect(error).toBeUndefined()
}

/** What answers 200 before it is done, and so may fail behind that. */
const operations: readonly (readonly [string, (client: Client) => Promise<unknown>, string])[] = [
  [
    'CopyObject',
    (client) => client.copyObject('bkt', 'k', 'bkt/source'),
    '<CopyObjectResult><LastModified>2024-02-29T10:00:00Z</LastModified><ETag>"e"</ETag></CopyObjectResult>',
  ],
  ['DeleteObjects', removeAll, '<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>'],
]

const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`

/** An answer that is long in coming, with blanks that keep the connection open. */
function slowly(document: string): readonly Step[] {
  const head = httpHead(200, { 'transfer-encoding': 'chunked' })
  const blanks = [' ', '\n', '  '].flatMap((blank): Step[] => [chunk(blank), { pauseMs: 1 }])
  return [head, ...blanks, chunk(document), '0\r\n\r\n']
}

describe.each(operations)('200 to %s', (operation, call, success) => {
  const error = (code: string): string =>
    `<?xml version="1.0"?>\n<Error><Code>${code}</Code><RequestId>R1</RequestId></Error>`

  it('that begins with blanks is read behind them', async () => {
    await using server = await ScriptedServer.start([slowly(success)])
    await using client = clientOf(server.endpoint, { timeouts: { firstByte: 1000 } })
    await call(client)
    expect(server.requests).toHaveLength(1)
  })

  it.each([
    ['at once', (document: string) => httpReply(200, {}, document)],
    ['behind blanks', slowly],
  ])('with an error %s is that error', async (_when, answer) => {
    await using server = await ScriptedServer.start([answer(error('AccessDenied'))])
    await using client = clientOf(server.endpoint)
    expect(await failureOf(call(client))).toMatchObject({
      name: 'S3Error',
      operation,
      code: 'AccessDenied',
      requestId: 'R1',
      attempts: 1,
    })
  })

  it.each(['InternalError', 'SlowDown'])('with %s is asked for again', async (code) => {
    await using server = await ScriptedServer.start([slowly(error(code)), slowly(success)])
    await using client = clientOf(server.endpoint)
    await call(client)
    expect(server.requests).toHaveLength(2)
  })

  it('with nothing is asked for again, and is an error in the end', async () => {
    await using server = await ScriptedServer.start([httpReply(200, {}, '')])
    await using client = clientOf(server.endpoint, { retry: { maxAttempts: 2 } })
    expect(await failureOf(call(client))).toMatchObject({ code: 'InternalError', attempts: 2 })
    expect(server.requests).toHaveLength(2)
  })
})
