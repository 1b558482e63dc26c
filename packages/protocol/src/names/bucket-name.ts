/** How strictly a bucket name is judged. */
export interface BucketNameRules {
  /**
   * True: the rules of Amazon S3 for a new bucket. False: also what older buckets and other
   * stores have in their names: upper case, `_` and `:` (Ceph tenants), and reserved forms such
   * as access point aliases.
   */
  readonly creating: boolean
}

const minLength = 3
const maxLength = 63

const reservedPrefixes: readonly string[] = ['xn--', 'sthree-', 'amzn-s3-demo-']
const reservedSuffixes: readonly string[] = ['-s3alias', '--ol-s3', '--x-s3', '--table-s3', '.mrap']

/**
 * What is wrong with a bucket name, as a sentence without subject; undefined when it is usable.
 * Takes time linear in the length of the name, and constant time for names that are too long.
 *
 * Source of the rules: "General purpose bucket naming rules" of the S3 user guide.
 *
 * @example
 * bucketNameProblem('My_Bucket', { creating: true }) // 'may hold only a-z, 0-9, - and .'
 * bucketNameProblem('My_Bucket', { creating: false }) // undefined
 */
export function bucketNameProblem(name: unknown, rules: BucketNameRules): string | undefined {
  if (typeof name !== 'string') return 'must be a string'
  if (name.length < minLength) return `must have at least ${minLength} characters`
  if (name.length > maxLength) return `must have at most ${maxLength} characters`
  return (
    formProblem(name, rules.creating) ?? (rules.creating ? reservedNameProblem(name) : undefined)
  )
}

/**
 * Whether the bucket name may stand before the endpoint in a host name. A dot breaks wildcard
 * certificates, so with TLS dotted names stay in the path. Aliases and other reserved forms may.
 *
 * @param secure whether the connection uses TLS
 */
export function isVirtualHostable(name: string, secure: boolean): boolean {
  if (name.length < minLength || name.length > maxLength) return false
  if (secure && name.includes('.')) return false
  return formProblem(name, true) === undefined
}

/** Nearly every name is like this, and one look tells that it has none of the problems of form. */
const usualForm = /^[a-z0-9]+(?:-+[a-z0-9]+)*$/

function formProblem(name: string, creating: boolean): string | undefined {
  if (usualForm.test(name)) return undefined
  return characterProblem(name, creating) ?? separatorProblem(name) ?? addressProblem(name)
}

function characterProblem(name: string, creating: boolean): string | undefined {
  const allowed = creating ? /^[a-z0-9.-]+$/ : /^[A-Za-z0-9._:-]+$/
  if (allowed.test(name)) return undefined
  return creating
    ? 'may hold only a-z, 0-9, - and .'
    : 'may hold only letters, digits, -, ., _ and :'
}

function separatorProblem(name: string): string | undefined {
  if (/^[.-]|[.-]$/.test(name)) return 'must not start or end with - or .'
  return /\.[.-]|-\./.test(name) ? 'must not hold .. or .- or -.' : undefined
}

/** Four groups of digits; S3 refuses 999.999.999.999 as well. */
function addressProblem(name: string): string | undefined {
  const isAddress = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name)
  return isAddress ? 'must not look like an IP address' : undefined
}

function reservedNameProblem(name: string): string | undefined {
  const prefix = reservedPrefixes.find((candidate) => name.startsWith(candidate))
  if (prefix !== undefined) return `must not start with ${prefix}`
  const suffix = reservedSuffixes.find((candidate) => name.endsWith(candidate))
  return suffix === undefined ? undefined : `must not end with ${suffix}`
}
