import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  end,
  httpHead,
  httpReply,
  ScriptedServer,
  type RecordedRequest,
  type Script,
  type Step,
} from '../../../../test/support/scripted-server.ts'
import type { Client } from '../../src/client.ts'
import { clientOf } from '../support/assembled.ts'
import { withoutLeaks } from '../support/leaks.ts'

const own = 'the content of the object'
const foreign = "another's content, of 25 b"
const etag = '"own"'
/** What a request would take for its answer. */
const forged = `${httpHead(200, { 'content-length': String(foreign.length), etag: '"foreign"' })}${foreign}`
const head = httpHead(200, { 'content-length': String(own.length), etag, connection: 'keep-alive' })
const noContent = httpHead(204, { connection: 'keep-alive' })
const notModified = httpHead(304, { etag, connection: 'keep-alive' })

async function serving(
  script: Script,
  test: (client: Client, server: ScriptedServer) => Promise<void>,
): Promise<void> {
  await using server = await ScriptedServer.start(script)
  const client = clientOf(server.endpoint)
  await withoutLeaks(server, client, () => test(client, server))
}

async function textOf(client: Client): Promise<string> {
  return (await client.getObject('bkt', 'k')).text()
}

const isHead = ({ method }: RecordedRequest): boolean => method === 'HEAD'
const whole = [...httpReply(200, { etag }, own)]

describe('bytes that belong to no request', () => {
  const delaysMs = [undefined, 0, 1, 2, 4, 8, 16, 32, 120, 200]
  const after = (first: string, delayMs: number | undefined): readonly Step[] =>
    delayMs === undefined ? [first + forged] : [first, { pauseMs: delayMs }, forged]

  it.each(delaysMs)('after HEAD, %s ms late, are given to no GET', async (delayMs) => {
    const script: Script = (request) => (isHead(request) ? after(head, delayMs) : whole)
    await serving(script, async (client) => {
      for (let round = 0; round < 10; round++) {
        const stat = client.statObject('bkt', 'k')
        const [{ etag: found }, before] = await Promise.all([stat, textOf(client)])
        expect([found, before, await textOf(client)]).toEqual(['own', own, own])
      }
    })
  })

  it.each(delaysMs)('after HEAD, %s ms late, are given to no HEAD', async (delayMs) => {
    const script: Script = () => after(head, delayMs)
    await serving(script, async (client) => {
      for (let round = 0; round < 30; round++) {
        expect((await client.statObject('bkt', 'k')).etag).toBe('own')
      }
    })
  })

  it.each(delaysMs)('after 204 for a removal, %s ms late, are given to nobody', async (delayMs) => {
    const script: Script = ({ method }) => (method === 'DELETE' ? after(noContent, delayMs) : whole)
    await serving(script, async (client) => {
      for (let round = 0; round < 10; round++) {
        await client.removeObject('bkt', 'k')
        expect(await textOf(client)).toBe(own)
      }
    })
  })

  it.each(delaysMs)('after 304, %s ms late, are given to nobody', async (delayMs) => {
    const script: Script = (request) =>
      request.header('if-none-match') === undefined ? whole : after(notModified, delayMs)
    await serving(script, async (client) => {
      for (let round = 0; round < 10; round++) {
        const conditions = { ifNoneMatch: 'own' }
        await expect(client.getObject('bkt', 'k', { conditions })).rejects.toMatchObject({
          code: 'NotModified',
        })
        expect(await textOf(client)).toBe(own)
      }
    })
  })

  const clean: Readonly<Record<string, (request: RecordedRequest) => boolean>> = {
    'HEAD of another status': ({ method, target }) => method === 'HEAD' && target.includes('gone'),
    'the same status to another method': ({ method }) => method === 'PUT',
  }
  it.each(Object.entries(clean))(
    'late are given to nobody, after %s came alone',
    async (...row) => {
      const [, isDirty] = row
      const script: Script = (request) => {
        const isGone = request.target.includes('gone')
        const first = isHead(request) ? (isGone ? head.replace('200', '404') : head) : noContent
        if (request.method === 'GET') return whole
        return isDirty(request) ? after(first, 60) : [first]
      }
      await serving(script, async (client) => {
        await Promise.all([client.statObject('bkt', 'k'), client.removeObject('bkt', 'k')])
        await pause(300)
        for (let round = 0; round < 10; round++) {
          await client.setObjectTags('bkt', 'k', {})
          expect(await client.objectExists('bkt', 'gone')).toBe(false)
          expect((await client.statObject('bkt', 'k')).etag).toBe('own')
          expect(await textOf(client)).toBe(own)
        }
      })
    },
  )

  const noise: Readonly<Record<string, string>> = {
    'more content than was announced': 'surplus',
    'a second answer': forged,
    'an informational answer': 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n',
    'half an answer': 'HTTP/1.1 200 OK\r\nconte',
    'one byte': 'H',
  }
  it.each(Object.entries(noise))('%s after a GET is given to nobody', async (_name, surplus) => {
    const forms: readonly (readonly Step[])[] = [
      [...whole.slice(0, 1), own + surplus],
      [...whole, surplus],
    ]
    for (const steps of forms) {
      await serving(
        () => steps,
        async (client) => {
          for (let round = 0; round < 20; round++) expect(await textOf(client)).toBe(own)
        },
      )
    }
  })

  it('close the connection, and the next request gets a new one', async () => {
    await serving(
      () => [...whole, forged],
      async (client, server) => {
        for (let round = 0; round < 5; round++) expect(await textOf(client)).toBe(own)
        await server.quiet()
        expect(server.connections).toBe(5)
      },
    )
  })
})

describe('a store that sends nothing of its own accord', () => {
  const stored = httpReply(200, { etag })
  const script: Script = ({ method }) => (method === 'PUT' ? stored : whole)

  it('is asked over one connection by requests that follow each other', async () => {
    await serving(script, async (client, server) => {
      await client.putObject('bkt', 'k', own)
      for (let round = 0; round < 200; round++) await textOf(client)
      await client.putObject('bkt', 'k', own)
      expect(server.connections).toBe(1)
    })
  })

  it('is asked over as many connections as there are requests at once', async () => {
    await serving(script, async (client, server) => {
      const round = async (): Promise<void> => {
        for (let count = 0; count < 20; count++) await textOf(client)
      }
      await Promise.all(Array.from({ length: 8 }, round))
      expect(server.connections).toBe(8)
    })
  })

  it('may close each connection after its answer, also while requests wait for one', async () => {
    const closing = httpHead(200, { 'content-length': '1', etag, connection: 'close' })
    const answers: readonly (readonly [steps: readonly Step[], maxAttempts: number])[] = [
      [[closing, 'x', end], 1],
      [[...whole, end], 3],
    ]
    for (const [steps, maxAttempts] of answers) {
      await using server = await ScriptedServer.start([steps])
      await using client = clientOf(server.endpoint, { retry: { maxAttempts } })
      for (let round = 0; round < 20; round++) await textOf(client)
      await Promise.all(Array.from({ length: 300 }, () => textOf(client)))
    }
  })

  it('may close all connections at once while requests wait for one', async () => {
    await using server = await ScriptedServer.start([whole])
    await using client = clientOf(server.endpoint)
    for (let round = 0; round < 10; round++) {
      const all = Promise.all(Array.from({ length: 150 }, () => textOf(client)))
      await textOf(client)
      server.closeConnections()
      expect((await all).every((text) => text === own)).toBe(true)
    }
  })

  it('is asked with HEAD over connections that are used again, once they were quiet', async () => {
    await serving(
      () => [head],
      async (client, server) => {
        await client.statObject('bkt', 'k')
        // Longer than the connection is on probation.
        await pause(300)
        for (let round = 0; round < 200; round++) await client.statObject('bkt', 'k')
        expect(server.connections).toBeLessThan(50)
      },
    )
  })
})
