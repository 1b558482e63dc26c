import { wireBytes, type RecordedRequest } from '../../../../test/support/recorded-request.ts'
import type { WireReply, WireServer } from './memory-server.ts'
import { signedAs, type Signer } from './signing-kinds.ts'
import {
  partBody,
  putLocked,
  seedingRequests,
  startUpload,
  type Seeded,
  type ValidRequest,
} from './valid-requests.ts'

/** A server with buckets, objects, a lock and an upload, and what can be learned of them. */
export class AttackedStore {
  readonly server: WireServer
  readonly signer: Signer
  readonly seeded: Seeded

  private constructor(server: WireServer, signer: Signer, seeded: Seeded) {
    this.server = server
    this.signer = signer
    this.seeded = seeded
  }

  static async seed(server: WireServer, signer: Signer): Promise<AttackedStore> {
    const blank = new AttackedStore(server, signer, { uploadId: '', lockedVersion: '' })
    for (const request of seedingRequests) await blank.#must(request)
    const uploadId = /<UploadId>([^<]*)</.exec((await blank.#must(startUpload)).text)?.[1] ?? ''
    const locked = await blank.#must(putLocked)
    const lockedVersion = /x-amz-version-id: (\S+)/.exec(locked.text)?.[1] ?? ''
    const query = [
      ['partNumber', '1'],
      ['uploadId', uploadId],
    ] as const
    await blank.#must({ ...startUpload, method: 'PUT', query, body: partBody })
    return new AttackedStore(server, signer, { uploadId, lockedVersion })
  }

  send(request: RecordedRequest, until: 'end' | 'head' = 'end'): Promise<WireReply> {
    return this.server.exchange(wireBytes(request), until)
  }

  /** Everything that the owner can see, in one text; random ids are numbered. */
  async dump(): Promise<string> {
    const told: string[] = []
    const ask = async (request: ValidRequest): Promise<string> => {
      const { text, status } = await this.#owner(request)
      told.push(`${request.method} ${request.path} ${JSON.stringify(request.query ?? [])} ${text}`)
      return status === 200 ? text : ''
    }
    const buckets = await ask({ method: 'GET', path: '/' })
    for (const [, bucket = ''] of buckets.matchAll(/<Name>([^<]*)</g)) {
      for (const name of configurations) {
        await ask({ method: 'GET', path: `/${bucket}`, query: [[name, '']] })
      }
      await this.#dumpObjects(bucket, ask)
    }
    return normalized(told.join('\n'))
  }

  async #dumpObjects(
    bucket: string,
    ask: (request: ValidRequest) => Promise<string>,
  ): Promise<void> {
    const list = (name: string): Promise<string> =>
      ask({ method: 'GET', path: `/${bucket}`, query: [[name, '']] })
    const versions = await list('versions')
    const entry = /<(Version|DeleteMarker)><Key>([^<]*)<\/Key><VersionId>([^<]*)</g
    for (const [, kind, key = '', versionId = ''] of versions.matchAll(entry)) {
      if (kind === 'DeleteMarker') continue
      const path = `/${bucket}/${encodeURIComponent(key)}`
      for (const name of ['', 'tagging', 'retention', 'legal-hold']) {
        const version = ['versionId', versionId] as const
        const query = name === '' ? [version] : [[name, ''] as const, version]
        await ask({ method: 'GET', path, query })
      }
    }
    const uploads = await list('uploads')
    for (const [, key = '', id = ''] of uploads.matchAll(/<Key>([^<]*)<.*?<UploadId>([^<]*)</g)) {
      const path = `/${bucket}/${encodeURIComponent(key)}`
      await ask({ method: 'GET', path, query: [['uploadId', id]] })
    }
  }

  #owner(request: ValidRequest): Promise<WireReply> {
    return this.send(signedAs('signed in a header', request, this.signer))
  }

  async #must(request: ValidRequest): Promise<WireReply> {
    const reply = await this.#owner(request)
    if (reply.status < 300) return reply
    throw new Error(`the seeding was refused: ${request.path} ${reply.text}`)
  }
}

const configurations = [
  'policy',
  'cors',
  'tagging',
  'versioning',
  'encryption',
  'notification',
  'object-lock',
] as const

/** A text without what differs between two servers that were treated alike. */
export function normalized(text: string): string {
  const numbers = new Map<string, string>()
  const still = text
    .replace(/^(?:date|x-amz-request-id): .*$/gim, '')
    .replace(/<RequestId>[^<]*</g, '<RequestId><')
  return still.replace(/\b[0-9a-f]{46}\b/g, (id) => {
    const number = numbers.get(id) ?? `id ${numbers.size}`
    numbers.set(id, number)
    return number
  })
}
