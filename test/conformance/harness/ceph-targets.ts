import { readFileSync } from 'node:fs'
import { sha256Hex, SigningKey, signHeaders } from '@stowage/protocol'
import type { ClientOptions } from 'stowage'
import { required } from './environment.ts'
import { answerLocally } from './loopback-names.ts'
import { plainHttp, trust } from './plain-http.ts'
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

/** What no release that was tried can do, or does otherwise than S3 (18.2 and 20.2, this suite). */
const lacksEverywhere: Target['lacks'] = {
  'any ETag': 'Ceph compares the star of a read’s If-Match with the ETag',
  'any host name': 'Ceph takes a host name that it was not told of for a bucket',
  'bounded metadata': 'Ceph takes as much metadata as a request can have headers',
  'checked policies': 'Ceph stores policies without statements, of other buckets, of any length',
  'dates to come': 'Ceph takes signatures that are dated ahead',
  'fresh 409': 'Ceph answers 200 to whoever makes their own bucket again',
  'hidden MD5': 'Ceph keeps the MD5 of the content as the ETag of what it encrypts',
  'keys to list buckets': 'Ceph answers an empty list to who has no keys',
  'needed keys only': 'Ceph does not look at a customer’s key for what is in the clear',
  'notification rules of S3': 'Ceph adds rules to those that are there, and compares none',
  'thousands of uploads': 'takes long; the listing is that of fewer uploads',
  'known keys only': 'Ceph asks for a key when it encrypts, not when it is told to',
  listening: 'an extension of MinIO',
  'ended retention': 'Ceph refuses a retention without a mode as malformed',
  'new keys in place': 'Ceph takes a new key for no change of an object that is copied to itself',
  'ended uploads': 'Ceph answers 500 to who completes an upload that was aborted',
  'list buckets in pages': 'Ceph lists all buckets at once',
  'part lists of S3':
    'Ceph refuses a list that leaves parts out, and has one code for all wrong ones',
  'markers upon markers': 'Ceph leaves a removed object as it is',
  'metadata in listings': 'an extension of MinIO',
  'other regions': 'one zone group is one region',
  'pages behind null versions': 'Ceph lists nothing behind the version id null',
  'parts of objects':
    'Ceph sends the whole object for one of its parts (18), or does not say how large it is (20)',
  'checksums of copies': 'Ceph computes none for a copy',
  'checksums of parts': 'Ceph does not tell those of the parts',
  'presigned checksums':
    'Ceph compares a checksum only where x-amz-sdk-checksum-algorithm names it, which a URL does not',
  'prefixes of uploads': 'Ceph leaves out the uploads behind a delimiter',
  'reserved tags': 'Ceph takes tags that begin with aws:',
  'session tokens': 'Ceph does not look at a token where the key needs none',
  'tags of copies': 'Ceph copies the tags of the source, whatever the directive says',
  'users without rights': 'every user of Ceph may make buckets',
  'versioning exclusions': 'an extension of MinIO',
}

/** Our authority is a private one. */
const lacksOverTls: Target['lacks'] = {
  'usual certificate': 'fetch does not know the private authority that signed it',
}

/** No capability of cases: not one of them holds. */
const omits = {
  selectObjectContent: 'Ceph’s s3select is another dialect, and breaks off answers that fail',
  'selectObjectContent with a scan range': 'Ceph’s s3select is another dialect',
}

/** What the releases before 20 lack. */
const lacksBefore20: Target['lacks'] = {
  checksums: 'Ceph 18 takes checksums without looking at them',
  'conditional removals': 'Ceph 18 removes unconditionally',
  'conditional replacement':
    'Ceph 18 knows no If-Match with quotes on writes, and completes uploads unconditionally',
  'copies between encryptions': 'Ceph 18 copies nothing that is encrypted (501)',
  'lock of uploads in parts': 'Ceph 18 forgets the headers of a lock when an upload completes',
  'signed headers only': 'Ceph 18 takes headers that the signature does not cover',
  'tags of uploads in parts': 'Ceph 18 forgets the tags when an upload completes',
}

function wayOptions({ secure, addressing }: Way): Partial<ClientOptions> & { endpoint: string } {
  const origin = required(secure ? 'CEPH_TLS_ENDPOINT' : 'CEPH_ENDPOINT')
  const endpoint =
    addressing === 'path' ? origin : origin.replace('127.0.0.1', required('CEPH_DOMAIN'))
  // This machine has a name that the client does not know for one of its own.
  if (!secure) return { endpoint, addressing, allowInsecureSseC: true }
  const ca = readFileSync(required('CEPH_TLS_CA_FILE'), 'utf8')
  trust(ca)
  return { endpoint, addressing, tls: { ca } }
}

/** Ceph has topics of its own, which are made through an API like that of SNS. */
async function createTopic(): Promise<string> {
  for (let attempts = 1; ; attempts++) {
    const { status, body } = await askForTopic()
    const [, arn] = /<TopicArn>([^<]+)</.exec(body) ?? []
    if (arn !== undefined) return arn
    // Of two that make one at the same time, Ceph 18 may answer 500 to the second.
    if (status !== 500 || attempts === 5) throw new Error(`no topic: ${status} ${body}`)
  }
}

function askForTopic(): ReturnType<typeof plainHttp> {
  const body =
    'Action=CreateTopic&Name=conformance' +
    // Port 9 is that of nobody: what a bucket tells is proven elsewhere.
    '&Attributes.entry.1.key=push-endpoint&Attributes.entry.1.value=http%3A%2F%2F127.0.0.1%3A9'
  const endpoint = required('CEPH_ENDPOINT')
  const amzDate = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const payloadHash = sha256Hex(body)
  const headers = {
    host: endpoint.replace(/^http:\/\//, ''),
    'content-type': 'application/x-www-form-urlencoded',
    'x-amz-content-sha256': payloadHash,
    'x-amz-date': amzDate,
  }
  const scope = { day: amzDate.slice(0, 8), region: required('CEPH_REGION'), service: 'sns' }
  const key = new SigningKey(required('CEPH_SECRET_KEY'), scope)
  const request = { method: 'POST', path: '/', query: '', headers, amzDate, payloadHash }
  const { authorization } = signHeaders(key, required('CEPH_ACCESS_KEY'), request)
  return plainHttp(`${endpoint}/`, { method: 'POST', headers: { ...headers, authorization }, body })
}

async function reach(way: Way): Promise<RunningTarget> {
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
    listener: { kind: 'topics', arn: await createTopic() },
    kmsKeyId: required('CEPH_KMS_KEY_ID'),
    stop: () => Promise.resolve(),
  }
}

/** The gateway that `test/engines/ceph.sh` has brought up, on every way that leads to it. */
export function cephTargets(): readonly Target[] {
  const [release = ''] = required('CEPH_VERSION').split('.')
  return ways.map((way) => ({
    name: `Ceph ${release}, ${way.name}`,
    lacks: {
      ...lacksEverywhere,
      ...(Number(release) < 20 && lacksBefore20),
      ...(way.secure && lacksOverTls),
    },
    omits,
    start: () => reach(way),
  }))
}
