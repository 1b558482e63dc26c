import { readFileSync } from 'node:fs'
import type { ClientOptions } from 'stowage'
import { optional, required } from './environment.ts'
import { trust } from './plain-http.ts'
import {
  capabilities,
  type Capability,
  type Listener,
  type RunningTarget,
  type Target,
} from './target.ts'

/** Capabilities that a variable lacks the means for. */
const means: readonly (readonly [variable: string, capability: Capability])[] = [
  ['CONFORMANCE_OTHER_ACCESS_KEY', 'other users'],
  ['CONFORMANCE_OTHER_SECRET_KEY', 'other users'],
  ['CONFORMANCE_LISTENER_ARN', 'bucket notification'],
  ['CONFORMANCE_KMS_KEY_ID', 'kms keys'],
]

function isCapability(text: string): text is Capability {
  return (capabilities as readonly string[]).includes(text)
}

/** What the environment says that the store cannot do. */
function lacks(): Target['lacks'] {
  const lacking: Partial<Record<Capability, string>> = {}
  for (const [variable, capability] of means) {
    if (optional(variable) === undefined) lacking[capability] = `${variable} is not set`
  }
  for (const name of optional('CONFORMANCE_LACKS')?.split(',') ?? []) {
    const capability = name.trim()
    if (!isCapability(capability)) {
      throw new Error(`CONFORMANCE_LACKS: ${capability} is none of ${capabilities.join(', ')}`)
    }
    lacking[capability] = 'CONFORMANCE_LACKS says so'
  }
  return lacking
}

function addressing(): ClientOptions['addressing'] {
  const text = optional('CONFORMANCE_ADDRESSING')
  if (text === undefined || text === 'auto' || text === 'path' || text === 'virtual') return text
  throw new Error('CONFORMANCE_ADDRESSING: must be auto, path or virtual')
}

/** AWS has topics as well; MinIO has queues alone. */
function listener(): Listener | undefined {
  const arn = optional('CONFORMANCE_LISTENER_ARN')
  return arn === undefined ? undefined : { kind: arn.includes(':sns:') ? 'topics' : 'queues', arn }
}

function reach(): RunningTarget {
  const caFile = optional('CONFORMANCE_CA_FILE')
  const ca = caFile === undefined ? undefined : readFileSync(caFile, 'utf8')
  if (ca !== undefined) trust(ca)
  const otherAccessKey = optional('CONFORMANCE_OTHER_ACCESS_KEY')
  return {
    options: {
      endpoint: required('CONFORMANCE_ENDPOINT'),
      accessKey: required('CONFORMANCE_ACCESS_KEY'),
      secretKey: required('CONFORMANCE_SECRET_KEY'),
      region: optional('CONFORMANCE_REGION'),
      addressing: addressing(),
      tls: ca === undefined ? undefined : { ca },
    },
    otherUser:
      otherAccessKey === undefined
        ? undefined
        : {
            accessKey: otherAccessKey,
            secretKey: required('CONFORMANCE_OTHER_SECRET_KEY'),
          },
    listener: listener(),
    kmsKeyId: optional('CONFORMANCE_KMS_KEY_ID'),
    stop: () => Promise.resolve(),
  }
}

/** The store that the environment names; see the README of the suite. */
export function endpointTarget(): Target {
  return {
    name: optional('CONFORMANCE_NAME') ?? required('CONFORMANCE_ENDPOINT'),
    lacks: lacks(),
    start: () => Promise.resolve(reach()),
  }
}
