import type { Tree } from '../s3-model.ts'
import type { Choice, Draft, Row } from './choice.ts'

function createBucket(choice: Choice): Draft {
  const bucket = choice.mostly(choice.buckets, [
    'Bad_Name',
    'ab',
    'a..b',
    '192.168.1.1',
    `b${'x'.repeat(63)}`,
  ])
  const constraint = (LocationConstraint: string): Tree => ({
    root: 'CreateBucketConfiguration',
    fields: { LocationConstraint },
  })
  const document = choice.mostly<Draft['document']>(
    [undefined, constraint('us-east-1')],
    [constraint('moon-1'), '<oops'],
  )
  const headers = choice.headers([[0.4, 'x-amz-bucket-object-lock-enabled', () => 'true']])
  return { method: 'PUT', bucket, headers, document }
}

function bucketOnly(method: Draft['method'], query: Record<string, string> = {}) {
  return (choice: Choice): Draft => ({ method, bucket: choice.bucket(), query })
}

function listBuckets(choice: Choice): Draft {
  const prefix = choice.buckets[0]?.slice(0, -1) ?? ''
  const query = {
    prefix,
    ...choice.headers([[0.5, 'max-buckets', () => choice.mostly(['1', '2', '100'], ['0', 'x'])]]),
  }
  return { method: 'GET', query }
}

function versioning(choice: Choice): Draft {
  const Status = choice.mostly(['Enabled', 'Enabled', 'Suspended'], ['On', undefined])
  const document = choice.mostly<Draft['document']>(
    [{ root: 'VersioningConfiguration', fields: { Status } }],
    ['<Versioning'],
    0.02,
  )
  return { method: 'PUT', bucket: choice.bucket(), query: { versioning: '' }, document }
}

function bucketLock(choice: Choice): Draft {
  const Mode = choice.mostly(['GOVERNANCE', 'COMPLIANCE'], ['NONE'])
  const Days = choice.mostly(['1', '2'], ['0', '36501'])
  const Rule = choice.chance(0.4) ? { DefaultRetention: { Mode, Days } } : undefined
  const fields = { ObjectLockEnabled: choice.mostly(['Enabled'], ['Disabled']), Rule }
  const document = { root: 'ObjectLockConfiguration', fields }
  return { method: 'PUT', bucket: choice.bucket(), query: { 'object-lock': '' }, document }
}

function policy(choice: Choice): Draft {
  const bucket = choice.bucket()
  const query = { policy: '' }
  const method = choice.pick(['GET', 'PUT', 'PUT', 'DELETE'] as const)
  if (method !== 'PUT') return { method, bucket, query }
  const count = choice.pick([1, 2, 3])
  const statements = Array.from({ length: count }, () => {
    const Action = choice.pick([
      's3:GetObject',
      's3:PutObject',
      's3:DeleteObject',
      's3:ListBucket',
      's3:ListBucketVersions',
      's3:GetObjectVersion',
    ])
    const isBucket = Action.startsWith('s3:List')
    const suffix = isBucket ? '' : choice.pick(['/*', '/a*', '/b'])
    return {
      Effect: choice.mostly(['Allow'], ['Deny'], 0.15),
      Principal: '*',
      Action,
      Resource: `arn:aws:s3:::${choice.mostly([bucket], ['another-bucket'], 0.03)}${suffix}`,
    }
  })
  const source = JSON.stringify({ Version: '2012-10-17', Statement: statements })
  const body = Buffer.from(choice.mostly([source], ['{', '{"Statement":1}']))
  return { method, bucket, query, body }
}

const documents: Readonly<Record<string, readonly Tree[]>> = {
  cors: [
    {
      root: 'CORSConfiguration',
      fields: {
        CORSRule: [
          { AllowedOrigin: ['https://a.example', 'https://*.b.example'], AllowedMethod: 'GET' },
          {
            AllowedOrigin: '*',
            AllowedMethod: ['PUT', 'POST'],
            AllowedHeader: '*',
            MaxAgeSeconds: '3',
          },
        ],
      },
    },
  ],
  encryption: [
    {
      root: 'ServerSideEncryptionConfiguration',
      fields: { Rule: { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } } },
    },
  ],
  notification: [
    { root: 'NotificationConfiguration', fields: {} },
    {
      root: 'NotificationConfiguration',
      fields: {
        TopicConfiguration: { Topic: 'arn:aws:sns:us-east-1:1:t', Event: 's3:ObjectCreated:*' },
      },
    },
  ],
}

function configuration(choice: Choice): Draft {
  const kind = choice.pick(['tagging', 'cors', 'notification', 'lifecycle', 'encryption'])
  const query = { [kind]: '' }
  const bucket = choice.bucket()
  const method = choice.pick(['GET', 'PUT', kind === 'notification' ? 'PUT' : 'DELETE'] as const)
  if (method !== 'PUT') return { method, bucket, query }
  const tags: Tree = { root: 'Tagging', fields: choice.tagSet() }
  const trees = documents[kind] ?? [tags]
  const document = choice.mostly<Draft['document']>(trees, ['<a><b></a>', ''])
  return { method, bucket, query, document }
}

export const configurationRequests: readonly Row[] = [
  [3, createBucket],
  [1, bucketOnly('DELETE')],
  [1, bucketOnly('HEAD')],
  [0.5, bucketOnly('GET', { location: '' })],
  [1, listBuckets],
  [3, versioning],
  [0.5, bucketOnly('GET', { versioning: '' })],
  [1, bucketLock],
  [0.5, bucketOnly('GET', { 'object-lock': '' })],
  [2, policy],
  [2, configuration],
]
