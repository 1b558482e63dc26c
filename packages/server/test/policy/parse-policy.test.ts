import { describe, expect, it } from 'vitest'

import { isPublic } from '../../src/policy/policy-status.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'
import { PolicyError } from '../../src/policy/policy.ts'

const good = {
  Sid: 'one',
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::b/*',
}

const bucket = { kind: 'bucket', bucket: 'b' } as const

function wrap(statement: unknown, more: object = { Version: '2012-10-17' }): string {
  return JSON.stringify({ ...more, Statement: statement })
}

function without(...names: (keyof typeof good)[]): object {
  return Object.fromEntries(Object.entries(good).filter(([name]) => !names.some((n) => n === name)))
}

const accepted: readonly (readonly [string, string])[] = [
  ['one statement', wrap(good)],
  ['a list of statements', wrap([good, { ...good, Sid: 'two' }])],
  ['an empty Sid twice', wrap([1, 2].map(() => ({ ...good, Sid: '' })))],
  ['no version', wrap(good, {})],
  ['the older version', wrap(good, { Version: '2008-10-17', Id: 'x' })],
  ['lists', wrap({ ...good, Action: ['s3:Get*', 's3:ListBucket'], Resource: ['*'] })],
  ['a wildcard for the bucket', wrap({ ...good, Resource: 'arn:aws:s3:::?/*' })],
  ['a variable', wrap({ ...good, Resource: 'arn:aws:s3:::b/${aws:username}/*' })],
  ['a bare key', wrap({ ...good, Principal: { AWS: 'alice' } })],
  ['NotPrincipal', wrap({ ...without('Principal'), Effect: 'Deny', NotPrincipal: { AWS: 'me1' } })],
  ['members called like those of objects', wrap({ ...good, Sid: '__proto__' })],
]

const statement = (more: object): string => wrap({ ...good, ...more })
const condition = (value: unknown): string => statement({ Condition: value })

const refused: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['blanks', '  '],
  ['no JSON', '{'],
  ['a list', '[]'],
  ['null', 'null'],
  ['no statement', '{"Version":"2012-10-17"}'],
  ['an empty list of statements', wrap([])],
  ['a statement that is a text', wrap('x')],
  ['another version', wrap(good, { Version: '2012-10-18' })],
  ['a version in lower case', wrap(good, { version: '2012-10-17' })],
  ['a member twice', wrap(good).replace('"Sid":"one"', '"Effect":"Deny","Sid":"one"')],
  ['a member twice, escaped', wrap(good).replace('"Sid":"one"', '"\\u0045ffect":"Deny"')],
  ['a Sid twice', wrap([good, good])],
  ['something unknown', wrap(good, { Version: '2012-10-17', Other: 1 })],
  ['something unknown in a statement', statement({ Actions: 's3:*' })],
  ['too much', wrap({ ...good, Resource: `arn:aws:s3:::b/${'a'.repeat(21_000)}` })],
  ['too deep', `${'['.repeat(9000)}${']'.repeat(9000)}`],
  ['no effect', wrap(without('Effect'))],
  ['an effect in lower case', statement({ Effect: 'allow' })],
  ['no principal', wrap(without('Principal'))],
  ['both principals', statement({ NotPrincipal: { AWS: 'alice' } })],
  ['NotPrincipal with Allow', wrap({ ...without('Principal'), NotPrincipal: { AWS: 'alice' } })],
  ['a principal that is a text', statement({ Principal: 'alice' })],
  ['a principal of a service', statement({ Principal: { Service: 's3.amazonaws.com' } })],
  ['two kinds of principals', statement({ Principal: { AWS: '*', Service: 'x' } })],
  ['a user of another account', statement({ Principal: { AWS: 'arn:aws:iam::1234:user/a' } })],
  ['a pattern of principals', statement({ Principal: { AWS: 'arn:aws:iam:::user/*' } })],
  ['no principals', statement({ Principal: { AWS: [] } })],
  ['a number as principal', statement({ Principal: { AWS: 1 } })],
  ['no action', wrap(without('Action'))],
  ['both actions', statement({ NotAction: 's3:*' })],
  ['an empty list of actions', statement({ Action: [] })],
  ['an unknown action', statement({ Action: 's3:GetObjects' })],
  ['an action of another service', statement({ Action: 'iam:*' })],
  ['no resource', wrap(without('Resource'))],
  ['another bucket', statement({ Resource: 'arn:aws:s3:::c/*' })],
  ['a bucket that begins the same', statement({ Resource: 'arn:aws:s3:::bb/*' })],
  ['a bucket from a variable', statement({ Resource: 'arn:aws:s3:::${aws:username}/*' })],
  ['another partition', statement({ Resource: 'arn:aws-cn:s3:::b/*' })],
  ['no ARN', statement({ Resource: 'b/*' })],
  ['an action on objects beside the bucket', statement({ Resource: 'arn:aws:s3:::b' })],
  ['an action on the bucket beside objects', statement({ Action: 's3:ListBucket' })],
  ['an unknown variable', statement({ Resource: 'arn:aws:s3:::b/${aws:Nobody}' })],
  ['an open variable', statement({ Resource: 'arn:aws:s3:::b/${aws:username' })],
  ['a variable with a default', statement({ Resource: "arn:aws:s3:::b/${aws:username, 'x'}" })],
  ['a variable in 2008', wrap({ ...good, Resource: 'arn:aws:s3:::b/${aws:userid}' }, {})],
  ['a condition that is a list', condition([])],
  ['an operator without keys', condition({ StringEquals: 'x' })],
  ['an unknown operator', condition({ StringIs: { 's3:prefix': 'a' } })],
  ['an operator in lower case', condition({ stringequals: { 's3:prefix': 'a' } })],
  ['an operator of the prototype', condition({ constructor: { 's3:prefix': 'a' } })],
  ['an unknown quantifier', condition({ 'ForSome:StringEquals': { 's3:prefix': 'a' } })],
  ['an empty quantifier', condition({ ':StringEquals': { 's3:prefix': 'a' } })],
  ['NullIfExists', condition({ NullIfExists: { 's3:prefix': 'true' } })],
  ['an unknown key', condition({ StringEquals: { 'aws:SourceVpc': 'a' } })],
  ['a tag without a name', condition({ StringEquals: { 's3:ExistingObjectTag/': 'a' } })],
  ['a key twice', condition({ StringEquals: { 's3:prefix': 'a', 'S3:Prefix': 'b' } })],
  ['a set without quantifier', condition({ StringEquals: { 's3:RequestObjectTagKeys': 'a' } })],
  ['no values', condition({ StringEquals: { 's3:prefix': [] } })],
  ['a null', condition({ StringEquals: { 's3:prefix': null } })],
  ['no number', condition({ NumericEquals: { 's3:max-keys': 'x' } })],
  ['no date', condition({ DateLessThan: { 'aws:CurrentTime': 'tomorrow' } })],
  ['no boolean', condition({ Bool: { 'aws:SecureTransport': 'yes' } })],
  ['no address', condition({ IpAddress: { 'aws:SourceIp': '10.0.0' } })],
  ['a block that is too long', condition({ IpAddress: { 'aws:SourceIp': '10.0.0.0/33' } })],
  ['no ARN in a condition', condition({ ArnLike: { 'aws:PrincipalArn': 'alice' } })],
  ['no answer for Null', condition({ Null: { 's3:prefix': 'maybe' } })],
]

describe('a policy', () => {
  it.each(accepted)('may have %s', (_, source) => {
    expect(parsePolicy(source, bucket).statements).not.toEqual([])
  })

  it.each(refused)('must not have %s', (_, source) => {
    expect(() => parsePolicy(source, bucket)).toThrow(PolicyError)
  })

  it('of a user has no principal, and all buckets', () => {
    const user = { kind: 'user' } as const
    expect(() => parsePolicy(wrap(good), user)).toThrow(PolicyError)
    const own = { ...without('Principal'), Resource: 'arn:aws:s3:::other/*' }
    expect(parsePolicy(wrap(own), user).statements[0]?.principals).toBeUndefined()
  })
})

describe('a bucket', () => {
  const open = { ...good, Principal: { AWS: ['alice', '*'] } }

  it.each([
    ['is public by a statement for all', open, true],
    ['is not by one for somebody', { ...good, Principal: { AWS: 'alice' } }, false],
    ['is not by one that denies', { ...open, Effect: 'Deny' }, false],
    [
      'is not by one for certain addresses',
      { ...open, Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
      false,
    ],
    [
      'is by one for all but certain addresses',
      { ...open, Condition: { NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
      true,
    ],
    [
      'is by a condition that all can keep',
      { ...open, Condition: { StringLike: { 'aws:Referer': '*' } } },
      true,
    ],
  ])('%s', (_, one, expected) => {
    expect(isPublic(parsePolicy(wrap(one), bucket))).toBe(expected)
  })
})
