/**
 * Values of a request for one key: none when it is absent; `unknown` when the request has it in a
 * place that is not read yet, such as its body.
 */
export type KeyValues = readonly string[] | 'unknown'

/** Tells the values of a request for a condition key. */
export type KeySource = (key: string) => KeyValues

/** The keys that have one value. */
const singleKeys: ReadonlySet<string> = new Set([
  'aws:currenttime',
  'aws:epochtime',
  'aws:principalarn',
  'aws:principaltype',
  'aws:referer',
  'aws:securetransport',
  'aws:sourceip',
  'aws:useragent',
  'aws:userid',
  'aws:username',
  's3:authtype',
  's3:delimiter',
  's3:if-match',
  's3:if-none-match',
  's3:max-keys',
  's3:object-lock-legal-hold',
  's3:object-lock-mode',
  's3:object-lock-retain-until-date',
  's3:prefix',
  's3:signatureage',
  's3:signatureversion',
  's3:versionid',
  's3:x-amz-acl',
  's3:x-amz-content-sha256',
  's3:x-amz-copy-source',
  's3:x-amz-grant-full-control',
  's3:x-amz-grant-read',
  's3:x-amz-grant-read-acp',
  's3:x-amz-grant-write',
  's3:x-amz-grant-write-acp',
  's3:x-amz-metadata-directive',
  's3:x-amz-server-side-encryption',
  's3:x-amz-server-side-encryption-aws-kms-key-id',
  's3:x-amz-server-side-encryption-customer-algorithm',
  's3:x-amz-storage-class',
  's3:x-amz-website-redirect-location',
])

/** The keys that may have several values, which only quantifiers may compare. */
const setKeys: ReadonlySet<string> = new Set(['s3:requestobjecttagkeys'])

export const existingTagPrefix = 's3:existingobjecttag/'
export const requestTagPrefix = 's3:requestobjecttag/'

/**
 * The one spelling of a key: its name in lower case, since case does not count in it. The name of a
 * tag stays as it is. Undefined for a key that is not known here.
 */
export function normalKey(name: string): string | undefined {
  const lower = name.toLowerCase()
  if (singleKeys.has(lower) || setKeys.has(lower)) return lower
  for (const prefix of [existingTagPrefix, requestTagPrefix]) {
    const tag = name.slice(prefix.length)
    if (lower.startsWith(prefix) && tag !== '') return prefix + tag
  }
  return undefined
}

export function isSetKey(key: string): boolean {
  return setKeys.has(key)
}

/** Whether `${key}` may stand in a policy. */
export function isVariable(key: string): boolean {
  return singleKeys.has(key)
}
