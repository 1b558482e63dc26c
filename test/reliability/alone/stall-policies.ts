import { bucket } from './stall-documents.ts'

const resource = `arn:aws:s3:::${bucket}/`
const statement = { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: `${resource}*` }
const policyOf = (...statements: readonly object[]): object => ({
  Version: '2012-10-17',
  Statement: statements.map((each) => ({ ...statement, ...each })),
})
const like = (value: unknown): object => ({ Condition: { StringLike: { 'aws:Referer': value } } })
export const times = (count: number, text: string): string[] =>
  Array.from({ length: count }, () => text)

/** Policies of just below 20 KiB that take long to be asked. */
export const policies: Readonly<Record<string, object>> = {
  'many resources': policyOf({ Resource: times(500, `${resource}*b*`) }),
  'many gaps': policyOf({ Resource: times(480, `${resource}*b?*`) }),
  'a long resource': policyOf({ Resource: `${resource}*${'a*'.repeat(9000)}b` }),
  'a long resource with gaps': policyOf({ Resource: `${resource}*${'?a'.repeat(9000)}b*` }),
  'many statements': policyOf(
    ...times(130, 'b').map((text) => ({ Resource: `${resource}*${text}` })),
  ),
  'many values': policyOf(like(times(2000, '*b?*c'))),
  'many variables': policyOf(like(times(800, '*${aws:UserAgent}*b'))),
  'a long value': policyOf(like(`*${'?a'.repeat(9000)}b*`)),
  'many actions': policyOf({ Action: times(1200, 's3:*e?O*t') }),
  'exact actions': policyOf({ Action: times(1000, 's3:GetObject') }),
  'many principals': policyOf({
    Principal: { AWS: Array.from({ length: 1500 }, (_, at) => `user${at}`) },
  }),
  'many conditions': policyOf({
    Condition: { IpAddress: { 'aws:SourceIp': times(900, '2001:db8::/33') } },
  }),
}
