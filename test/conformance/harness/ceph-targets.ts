import { readFileSync } from 'node:fs'
import type { ClientOptions } from 'stowage'
import { required } from './environment.ts'
import { answerLocally } from './loopback-names.ts'
import { trust } from './plain-http.ts'
import type { RunningTarget, Target } from './target.ts'

/** How a client gets to the gateway. */
interface Way {
  readonly name: string
  readonly secure: boolean
  readonly addressing: 'path' | 'virtual'
}

const ways: readonly Way[] = [
  { name: 'http', secure: false, addressing: 'path' },
  { name: 'http, virtual hosts', secure: false, addressing: 'virtual' },
  { name: 'https', secure: true, addressing: 'path' },
  { name: 'https, virtual hosts', secure: true, addressing: 'virtual' },
]

const lacks: Target['lacks'] = {}

function wayOptions({ secure, addressing }: Way): Partial<ClientOptions> & { endpoint: string } {
  const origin = required(secure ? 'CEPH_TLS_ENDPOINT' : 'CEPH_ENDPOINT')
  const endpoint =
    addressing === 'path' ? origin : origin.replace('127.0.0.1', required('CEPH_DOMAIN'))
  if (!secure) return { endpoint, addressing }
  const ca = readFileSync(required('CEPH_TLS_CA_FILE'), 'utf8')
  trust(ca)
  return { endpoint, addressing, tls: { ca } }
}

function reach(way: Way): RunningTarget {
  answerLocally(required('CEPH_DOMAIN'))
  return {
    options: {
      ...wayOptions(way),
      accessKey: required('CEPH_ACCESS_KEY'),
      secretKey: required('CEPH_SECRET_KEY'),
    },
    otherUser: {
      accessKey: required('CEPH_OTHER_ACCESS_KEY'),
      secretKey: required('CEPH_OTHER_SECRET_KEY'),
    },
    kmsKeyId: required('CEPH_KMS_KEY_ID'),
    stop: () => Promise.resolve(),
  }
}

/** The gateway that `test/engines/ceph.sh` has brought up, on every way that leads to it. */
export function cephTargets(): readonly Target[] {
  const [release = ''] = required('CEPH_VERSION').split('.')
  return ways.map((way) => ({
    name: `Ceph ${release}, ${way.name}`,
    lacks,
    start: () => Promise.resolve(reach(way)),
  }))
}
