import { describe, expect, it } from 'vitest'

import { requestHeaders, ruleForUnsigned, type HeaderPair } from '@stowage/protocol'
import { AttackedStore } from './support/attacked-store.ts'
import { effectiveValues, unknownOrders } from './support/header-additions.ts'
import { MemoryServer } from './support/memory-server.ts'
import {
  formRequest,
  isPossible,
  signedAs,
  signedForm,
  signingKinds,
  type SignedRequest,
  type SigningKind,
} from './support/signing-kinds.ts'
import { validRequests } from './support/valid-requests.ts'

const now = new Date('2026-03-04T05:06:07Z')
const signer = {
  accessKey: 'root',
  secretKey: 'secret-of-root',
  region: 'us-east-1',
  host: 'localhost:9000',
  now,
}

const kinds = Object.keys(signingKinds).filter((name): name is SigningKind => name in signingKinds)

const additions: readonly HeaderPair[] = [
  ...requestHeaders.map((name): HeaderPair => [name, effectiveValues[name]]),
  ...unknownOrders,
]

async function seeded(): Promise<{ server: MemoryServer; store: AttackedStore }> {
  const server = await MemoryServer.start(signer, () => now)
  return { server, store: await AttackedStore.seed(server, signer) }
}

/** One request of each operation, and none that would take what the others need. */
function requestsOf(kind: SigningKind, store: AttackedStore): readonly SignedRequest[] {
  return Object.values(validRequests)
    .flatMap((requests) => requests(store.seeded))
    .filter((request) => isPossible(kind, request))
    .map((request) => signedAs(kind, request, signer))
}

const has = ({ headers }: SignedRequest, name: string): boolean =>
  headers.some(([other]) => other === name)

describe('headers that nobody signed', () => {
  it('may take effect only where a client or a browser cannot sign them', () => {
    const free = (presigned: boolean): readonly string[] =>
      requestHeaders.filter((name) => ruleForUnsigned(name, presigned) === 'used').sort()
    const everywhere = [
      'access-control-request-headers',
      'access-control-request-method',
      'authorization',
      'content-length',
      'content-md5',
      'content-type',
      'if-match',
      'if-modified-since',
      'if-none-match',
      'if-unmodified-since',
      'origin',
      'range',
      'referer',
      'transfer-encoding',
      'user-agent',
    ]
    expect(free(false)).toEqual([...everywhere, 'cache-control'].sort())
    expect(free(true)).toEqual([...everywhere, 'x-amz-content-sha256'].sort())
  })

  it.each(kinds)('are refused by every operation where they order something: %s', async (kind) => {
    const { server, store } = await seeded()
    const before = await store.dump()
    const presigned = kind.startsWith('presigned')
    const refused = additions.filter(([name]) => ruleForUnsigned(name, presigned) === 'refused')
    let tried = 0
    for (const request of requestsOf(kind, store)) {
      for (const header of refused) {
        if (has(request, header[0])) continue
        tried++
        const added = { ...request, headers: [...request.headers, header] }
        const { status, code } = await store.send(added)
        const what = [request.method, request.target, ...header]
        if (kind === 'anonymous') expect([what, status >= 400]).toEqual([what, true])
        else if (request.method === 'HEAD') expect([what, status]).toEqual([what, 403])
        else expect([what, code]).toEqual([what, 'AccessDenied'])
      }
    }
    expect(tried).toBeGreaterThan(500)
    expect(await store.dump()).toBe(before)
    expect(server.defects).toEqual([])
    expect(requestHeaders).toEqual(expect.arrayContaining([...server.readDirectly]))
    await server.close()
  })

  it('say nothing of the object that a form brings', async () => {
    const fields = [...signedForm('attacked', [['key', 'formed']], signer), ['file', 'x']] as const
    const request = formRequest('attacked', fields, signer)
    const { server, store } = await seeded()
    const before = await store.dump()
    expect((await store.send(request)).status).toBe(204)
    const expected = await store.dump()
    const takeAway = { method: 'DELETE', path: '/attacked/formed' }
    const orders = additions.filter(([name]) => name.startsWith('x-') || name.startsWith('if-'))
    for (const header of orders) {
      await store.send(signedAs('signed in a header', takeAway, signer))
      const { status } = await store.send({ ...request, headers: [...request.headers, header] })
      expect([header, await store.dump()]).toEqual([header, status < 300 ? expected : before])
    }
    expect(server.defects).toEqual([])
    await server.close()
  })
})
