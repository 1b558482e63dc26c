import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { normalKey } from '../../src/policy/condition-keys.ts'
import { evaluate } from '../../src/policy/evaluate.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'
import { PolicyError, type Policy } from '../../src/policy/policy.ts'
import { referenceDecision, type RawQuestion, type RawStatement } from './reference-evaluator.ts'

function policyOf(statements: readonly object[], version = '2012-10-17'): Policy {
  const source = JSON.stringify({ Version: version, Statement: statements })
  return parsePolicy(source, { kind: 'bucket', bucket: 'b' })
}

function ask(policy: Policy, question: Partial<RawQuestion>): string {
  const { action = 's3:GetObject', resource = 'arn:aws:s3:::b/key', accessKey } = question
  const values = question.values ?? {}
  return evaluate(policy, {
    action,
    resource,
    accessKey,
    keys: (key) => values[key] ?? [],
  })
}

const everything = {
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:*',
  Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'],
}

describe('a statement', () => {
  it('allows what it names, to whom it names', () => {
    const policy = policyOf([
      {
        Effect: 'Allow',
        Principal: { AWS: ['alice', 'arn:aws:iam:::user/bob'] },
        Action: ['s3:GetObject'],
        Resource: 'arn:aws:s3:::b/docs/*',
      },
    ])
    const resource = 'arn:aws:s3:::b/docs/1'
    expect(ask(policy, { resource, accessKey: 'alice' })).toBe('allow')
    expect(ask(policy, { resource, accessKey: 'bob' })).toBe('allow')
    expect(ask(policy, { resource, accessKey: 'Alice' })).toBe('none')
    expect(ask(policy, { resource })).toBe('none')
    expect(ask(policy, { resource: 'arn:aws:s3:::b/docs', accessKey: 'bob' })).toBe('none')
    expect(ask(policy, { resource, accessKey: 'bob', action: 's3:GetObjectVersion' })).toBe('none')
  })

  it('that denies counts more, wherever it stands', () => {
    const deny = { ...everything, Effect: 'Deny', Action: 's3:PutObject' }
    for (const statements of [
      [everything, deny],
      [deny, everything],
    ]) {
      expect(ask(policyOf(statements), { action: 's3:PutObject' })).toBe('deny')
      expect(ask(policyOf(statements), { action: 's3:GetObject' })).toBe('allow')
    }
  })

  it('takes case for equal in actions, and not in resources', () => {
    const policy = policyOf([{ ...everything, Action: 'S3:getobject', Resource: '*' }])
    expect(ask(policy, { action: 's3:GetObject' })).toBe('allow')
    const upper = policyOf([{ ...everything, Resource: 'arn:aws:s3:::b/KEY' }])
    expect(ask(upper, { action: 's3:GetObject' })).toBe('none')
  })

  it('tells the bucket from its objects', () => {
    const bucket = policyOf([{ ...everything, Resource: 'arn:aws:s3:::b' }])
    expect(ask(bucket, { action: 's3:ListBucket', resource: 'arn:aws:s3:::b' })).toBe('allow')
    expect(ask(bucket, {})).toBe('none')
    const objects = policyOf([{ ...everything, Resource: 'arn:aws:s3:::b/*' }])
    expect(ask(objects, { action: 's3:ListBucket', resource: 'arn:aws:s3:::b' })).toBe('none')
    expect(ask(objects, {})).toBe('allow')
  })

  it('negates actions, resources and principals', () => {
    const { Action: _a, ...rest } = everything
    const notAction = policyOf([{ ...rest, NotAction: 's3:Delete*' }])
    expect(ask(notAction, { action: 's3:DeleteObject' })).toBe('none')
    expect(ask(notAction, { action: 's3:GetObject' })).toBe('allow')
    const { Resource: _r, ...other } = everything
    const notResource = policyOf([{ ...other, NotResource: 'arn:aws:s3:::b/secret/*' }])
    expect(ask(notResource, { resource: 'arn:aws:s3:::b/secret/1' })).toBe('none')
    expect(ask(notResource, {})).toBe('allow')
    const { Principal: _p, ...nobody } = everything
    const notPrincipal = policyOf([
      everything,
      { ...nobody, Effect: 'Deny', NotPrincipal: { AWS: 'alice' } },
    ])
    expect(ask(notPrincipal, { accessKey: 'alice' })).toBe('allow')
    expect(ask(notPrincipal, { accessKey: 'bob' })).toBe('deny')
    expect(ask(notPrincipal, {})).toBe('deny')
  })

  it('takes what a variable holds for text', () => {
    const policy = policyOf([{ ...everything, Resource: 'arn:aws:s3:::b/${s3:prefix}/*' }])
    const values = { 's3:prefix': ['*'] }
    expect(ask(policy, { resource: 'arn:aws:s3:::b/other/1', values })).toBe('none')
    expect(ask(policy, { resource: 'arn:aws:s3:::b/*/1', values })).toBe('allow')
    expect(ask(policy, { resource: 'arn:aws:s3:::b//1' })).toBe('none')
    const escaped = policyOf([{ ...everything, Resource: 'arn:aws:s3:::b/${*}${$}${?}' }])
    expect(ask(escaped, { resource: 'arn:aws:s3:::b/*$?' })).toBe('allow')
    expect(ask(escaped, { resource: 'arn:aws:s3:::b/x$y' })).toBe('none')
  })

  it('with a variable that the request lacks never grants and never lets through', () => {
    const { Resource: _, ...rest } = everything
    const own = 'arn:aws:s3:::b/${aws:username}/*'
    expect(ask(policyOf([{ ...rest, NotResource: own }]), {})).toBe('none')
    const deny = policyOf([everything, { ...rest, Effect: 'Deny', NotResource: own }])
    expect(ask(deny, {})).toBe('deny')
  })
})

/** Operator, key, values of the policy, values of the request, whether it holds. */
const conditions: readonly [string, string, unknown, readonly string[], boolean][] = [
  ['StringEquals', 's3:prefix', 'a', ['a'], true],
  ['StringEquals', 's3:prefix', ['x', 'a'], ['a'], true],
  ['StringEquals', 's3:prefix', 'a*', ['ab'], false],
  ['StringEquals', 's3:prefix', '', [''], true],
  ['StringEquals', 's3:prefix', '', [], false],
  ['StringNotEquals', 's3:prefix', ['a', 'b'], ['b'], false],
  ['StringNotEquals', 's3:prefix', ['a', 'b'], ['c'], true],
  ['StringNotEquals', 's3:prefix', 'a', [], true],
  ['StringEqualsIgnoreCase', 's3:prefix', 'ABC', ['aBc'], true],
  ['StringNotEqualsIgnoreCase', 's3:prefix', 'ABC', ['aBc'], false],
  ['StringLike', 's3:prefix', 'a*/?', ['abc/d'], true],
  ['StringLike', 's3:prefix', 'a*/?', ['abc/'], false],
  ['StringLike', 's3:prefix', '?', ['😀'], true],
  ['StringNotLike', 's3:prefix', 'a*', ['b'], true],
  ['StringEqualsIfExists', 's3:prefix', 'a', [], true],
  ['StringEqualsIfExists', 's3:prefix', 'a', ['b'], false],
  ['StringEquals', 'S3:PREFIX', 'a', ['a'], true],
  ['NumericEquals', 's3:max-keys', '10', ['10'], true],
  ['NumericEquals', 's3:max-keys', 10, ['010'], true],
  ['NumericNotEquals', 's3:max-keys', '10', ['11'], true],
  ['NumericNotEquals', 's3:max-keys', '10', ['x'], false],
  ['NumericLessThan', 's3:max-keys', '10', ['9'], true],
  ['NumericLessThan', 's3:max-keys', '10', ['10'], false],
  ['NumericLessThanEquals', 's3:max-keys', '10', ['10'], true],
  ['NumericGreaterThan', 's3:max-keys', '9', ['10'], true],
  ['NumericGreaterThanEquals', 's3:max-keys', '10', ['9'], false],
  ['DateEquals', 'aws:CurrentTime', '2026-01-01T00:00:00Z', ['2026-01-01T00:00:00.000Z'], true],
  ['DateNotEquals', 'aws:CurrentTime', '2026-01-01', ['2026-01-01T00:00:00Z'], false],
  ['DateLessThan', 'aws:CurrentTime', '2026-01-01T00:00:00+01:00', ['2025-12-31T23:00:00Z'], false],
  ['DateGreaterThan', 'aws:CurrentTime', '2026-01-01T00:00:00Z', ['2026-01-01T00:00:01Z'], true],
  ['DateGreaterThan', 'aws:EpochTime', '1767225600', ['1767225601'], true],
  ['NumericLessThan', 'aws:EpochTime', '1767225600', ['1767225599'], true],
  ['Bool', 'aws:SecureTransport', 'false', ['false'], true],
  ['Bool', 'aws:SecureTransport', true, ['false'], false],
  ['IpAddress', 'aws:SourceIp', '203.0.113.0/24', ['203.0.113.255'], true],
  ['IpAddress', 'aws:SourceIp', '203.0.113.0/24', ['203.0.114.0'], false],
  ['IpAddress', 'aws:SourceIp', '203.0.113.7', ['203.0.113.7'], true],
  ['IpAddress', 'aws:SourceIp', '0.0.0.0/0', ['203.0.113.7'], true],
  ['IpAddress', 'aws:SourceIp', '0.0.0.0/0', ['2001:db8::1'], false],
  ['IpAddress', 'aws:SourceIp', '::/0', ['203.0.113.7'], false],
  ['IpAddress', 'aws:SourceIp', '203.0.113.0/24', ['::ffff:203.0.113.9'], true],
  ['IpAddress', 'aws:SourceIp', '::ffff:203.0.113.0/120', ['203.0.113.9'], true],
  ['IpAddress', 'aws:SourceIp', '2001:db8::/32', ['2001:db8:ffff::1'], true],
  ['IpAddress', 'aws:SourceIp', '2001:db8::/32', ['2001:db9::1'], false],
  ['IpAddress', 'aws:SourceIp', '2001:DB8:0:0:0:0:0:1', ['2001:db8::1'], true],
  ['NotIpAddress', 'aws:SourceIp', '203.0.113.0/24', ['203.0.113.1'], false],
  ['NotIpAddress', 'aws:SourceIp', '203.0.113.0/24', [], true],
  ['NotIpAddress', 'aws:SourceIp', '203.0.113.0/24', ['nonsense'], false],
  ['ArnEquals', 'aws:PrincipalArn', 'arn:aws:iam:::user/a*', ['arn:aws:iam:::user/alice'], true],
  ['ArnLike', 'aws:PrincipalArn', 'arn:aws:*:::user/alice', ['arn:aws:iam:::user/alice'], true],
  ['ArnLike', 'aws:PrincipalArn', 'arn:*:::*:*:*', ['arn:aws:iam:::user/alice'], false],
  ['ArnNotLike', 'aws:PrincipalArn', 'arn:aws:iam:::user/b*', ['arn:aws:iam:::user/alice'], true],
  ['Null', 's3:prefix', 'true', [], true],
  ['Null', 's3:prefix', 'true', ['a'], false],
  ['Null', 's3:prefix', 'false', [''], true],
  ['Null', 's3:prefix', ['true', 'false'], ['a'], true],
  ['ForAllValues:StringEquals', 's3:RequestObjectTagKeys', ['a', 'b'], ['a', 'b'], true],
  ['ForAllValues:StringEquals', 's3:RequestObjectTagKeys', ['a', 'b'], ['a', 'c'], false],
  ['ForAllValues:StringEquals', 's3:RequestObjectTagKeys', ['a'], [], true],
  ['ForAllValues:StringNotEquals', 's3:RequestObjectTagKeys', ['a', 'b'], ['c'], true],
  ['ForAllValues:StringNotEquals', 's3:RequestObjectTagKeys', ['a', 'b'], ['b', 'c'], false],
  ['ForAnyValue:StringEquals', 's3:RequestObjectTagKeys', ['a', 'b'], ['x', 'b'], true],
  ['ForAnyValue:StringEquals', 's3:RequestObjectTagKeys', ['a', 'b'], ['x'], false],
  ['ForAnyValue:StringEquals', 's3:RequestObjectTagKeys', ['a'], [], false],
  ['ForAnyValue:StringNotEquals', 's3:RequestObjectTagKeys', ['a'], ['a', 'b'], true],
  ['ForAnyValue:StringNotEquals', 's3:RequestObjectTagKeys', ['a'], ['a'], false],
  ['ForAnyValue:StringNotEquals', 's3:RequestObjectTagKeys', ['a'], [], false],
  ['ForAnyValue:StringLikeIfExists', 's3:RequestObjectTagKeys', ['a*'], [], true],
  ['StringEquals', 's3:ExistingObjectTag/Team', 'red', ['red'], true],
  ['StringEquals', 's3:RequestObjectTag/Team', 'red', [], false],
]

describe('a condition', () => {
  it.each(conditions)('%s %s %j of %j', (operator, key, wanted, values, holds) => {
    const condition = { [operator]: { [key]: wanted } }
    const policy = policyOf([{ ...everything, Condition: condition }])
    const known = { [normalKey(key) ?? '']: values }
    expect(ask(policy, { values: known })).toBe(holds ? 'allow' : 'none')
  })

  it.each(['NumericEquals', 'NumericNotEquals', 'NumericLessThan'])(
    'with %s denies what cannot be compared',
    (operator) => {
      const deny = {
        ...everything,
        Effect: 'Deny',
        Condition: { [operator]: { 's3:max-keys': '1' } },
      }
      const policy = policyOf([everything, deny])
      expect(ask(policy, { values: { 's3:max-keys': ['x'] } })).toBe('deny')
    },
  )

  it('on what the server does not see never grants and always denies', () => {
    const condition = { StringNotEquals: { 's3:RequestObjectTag/a': 'b' } }
    const question = {
      action: 's3:PutObjectTagging',
      resource: 'arn:aws:s3:::b/key',
      accessKey: undefined,
      keys: () => 'unknown' as const,
    }
    const allow = { ...everything, Condition: condition }
    expect(evaluate(policyOf([allow]), question)).toBe('none')
    expect(evaluate(policyOf([everything, { ...allow, Effect: 'Deny' }]), question)).toBe('deny')
  })

  it('holds only when all of them do', () => {
    const condition = {
      StringEquals: { 's3:prefix': 'a', 's3:delimiter': '/' },
      Bool: { 'aws:SecureTransport': 'false' },
    }
    const policy = policyOf([{ ...everything, Condition: condition }])
    const values = { 's3:prefix': ['a'], 's3:delimiter': ['/'], 'aws:securetransport': ['false'] }
    expect(ask(policy, { values })).toBe('allow')
    for (const key of Object.keys(values)) {
      expect(ask(policy, { values: { ...values, [key]: ['other'] } })).toBe('none')
    }
  })
})

const texts = fc.constantFrom('a', 'ab', 'A', 'a*', '*', 'b', '', '?b', '${aws:username}')
const operatorNames = [
  'StringEquals',
  'StringNotEquals',
  'StringEqualsIgnoreCase',
  'StringLike',
  'StringNotLike',
]
const numberNames = [
  'NumericEquals',
  'NumericNotEquals',
  'NumericLessThan',
  'NumericGreaterThanEquals',
]

function conditionOf(
  names: readonly string[],
  keys: readonly string[],
  wanted: fc.Arbitrary<string>,
  quantifiers: readonly string[] = [''],
): fc.Arbitrary<Record<string, Record<string, string[]>>> {
  return fc
    .record({
      name: fc.constantFrom(...names),
      key: fc.constantFrom(...keys),
      quantifier: fc.constantFrom(...quantifiers),
      ifExists: fc.constantFrom('', '', 'IfExists'),
      wanted: fc.array(wanted, { minLength: 1, maxLength: 3 }),
    })
    .map(({ name, key, quantifier, ifExists, wanted: values }) => ({
      [quantifier + name + ifExists]: { [key]: values },
    }))
}

const someCondition = fc.oneof(
  conditionOf(operatorNames, ['s3:prefix', 'aws:username'], texts),
  conditionOf(operatorNames, ['s3:RequestObjectTagKeys'], texts, ['ForAllValues:', 'ForAnyValue:']),
  conditionOf(numberNames, ['s3:max-keys'], fc.constantFrom('1', '2', '10')),
  conditionOf(
    ['IpAddress', 'NotIpAddress'],
    ['aws:SourceIp'],
    fc.constantFrom('10.0.0.0/8', '10.1.2.3', '10.1.2.0/31', '0.0.0.0/0'),
  ),
  fc
    .record({
      key: fc.constantFrom('s3:prefix', 'aws:username'),
      wanted: fc.constantFrom('true', 'false'),
    })
    .map(({ key, wanted }) => ({ Null: { [key]: [wanted] } })),
)

function either(name: string, values: fc.Arbitrary<string>): fc.Arbitrary<object> {
  const list = fc.array(values, { minLength: 1, maxLength: 3 })
  return fc
    .tuple(fc.boolean(), list)
    .map(([negated, items]) => ({ [negated ? `Not${name}` : name]: items }))
}

const someStatement = fc
  .tuple(
    fc.constantFrom(
      { Effect: 'Allow', Principal: '*' },
      { Effect: 'Deny', Principal: '*' },
      { Effect: 'Allow', Principal: { AWS: ['alice', 'carol'] } },
      { Effect: 'Allow', Principal: { AWS: '*' } },
      { Effect: 'Deny', Principal: { AWS: 'arn:aws:iam:::user/bob' } },
      { Effect: 'Deny', NotPrincipal: { AWS: ['alice'] } },
    ),
    either(
      'Action',
      fc.constantFrom('s3:GetObject', 's3:Get*', 's3:*', '*', 's3:???Object', 'S3:LISTbucket'),
    ),
    either(
      'Resource',
      fc.constantFrom(
        'arn:aws:s3:::b',
        'arn:aws:s3:::b/*',
        'arn:aws:s3:::b*',
        'arn:aws:s3:::b/a?c*',
        'arn:aws:s3:::b/${aws:username}/*',
        'arn:aws:s3:::b/${s3:prefix}',
        '*',
      ),
    ),
    fc.array(someCondition, { maxLength: 2 }),
  )
  .map(([head, action, resource, list]): RawStatement => {
    const statement = { ...head, ...action, ...resource }
    if (list.length === 0) return statement
    return { ...statement, Condition: Object.assign({}, ...list) as Record<string, never> }
  })

const someQuestion: fc.Arbitrary<RawQuestion> = fc
  .record({
    action: fc.constantFrom('s3:GetObject', 's3:PutObject', 's3:ListBucket', 's3:GetBucketPolicy'),
    resource: fc.constantFrom(
      'arn:aws:s3:::b',
      'arn:aws:s3:::b/abc',
      'arn:aws:s3:::b/a*c',
      'arn:aws:s3:::b/alice/1',
      'arn:aws:s3:::b/*',
      'arn:aws:s3:::b/',
    ),
    accessKey: fc.constantFrom('alice', 'bob', undefined),
    prefix: fc.option(fc.constantFrom('a', 'A', 'ab', '*', 'abc', '')),
    maxKeys: fc.option(fc.constantFrom('1', '2', '11', 'x')),
    tags: fc.array(fc.constantFrom('a', 'ab', 'b'), { maxLength: 3 }),
    ip: fc.constantFrom('10.1.2.3', '10.1.2.1', '192.0.2.1'),
  })
  .map(({ action, resource, accessKey, prefix, maxKeys, tags, ip }) => ({
    action,
    resource,
    accessKey,
    values: {
      's3:prefix': prefix === null ? [] : [prefix],
      's3:max-keys': maxKeys === null ? [] : [maxKeys],
      's3:requestobjecttagkeys': tags,
      'aws:sourceip': [ip],
      'aws:username': accessKey === undefined ? [] : [accessKey],
    },
  }))

describe('a policy', () => {
  it('decides as the reference does, 20 000 times', () => {
    let judged = 0
    const decisions = new Map<string, number>()
    const statements = fc.array(someStatement, { minLength: 1, maxLength: 4 })
    const questions = fc.array(someQuestion, { minLength: 12, maxLength: 12 })
    fc.assert(
      fc.property(statements, questions, (list, asked) => {
        const policy = acceptedPolicy(list)
        if (policy === undefined) return
        for (const question of asked) {
          const decision = ask(policy, question)
          expect(decision).toBe(referenceDecision(list, question))
          decisions.set(decision, (decisions.get(decision) ?? 0) + 1)
          judged += 1
        }
      }),
      { seed: 11, numRuns: 2500 },
    )
    expect(judged).toBeGreaterThan(20_000)
    // All three answers occur often enough to mean something.
    for (const decision of ['allow', 'deny', 'none']) {
      expect(decisions.get(decision)).toBeGreaterThan(1000)
    }
  })

  /** Undefined where the parser refuses: an action that applies to no resource. */
  function acceptedPolicy(list: readonly RawStatement[]): Policy | undefined {
    try {
      return policyOf(list)
    } catch (error) {
      if (error instanceof PolicyError) return undefined
      throw error
    }
  }
})
