import { stsVersion } from '@stowage/protocol'

/** An answer of the security token service, as it documents it. */
export function stsAnswer(action: string, expiration: Date, prefix = ''): string {
  const tag = (name: string, content: string): string =>
    `<${prefix}${name}>${content}</${prefix}${name}>`
  const keys = tag(
    'Credentials',
    tag('AccessKeyId', 'STSKEY') +
      tag('SecretAccessKey', 'sts-secret') +
      tag('Expiration', expiration.toISOString().replace('.000', '')) +
      tag('SessionToken', 'sts-token'),
  )
  const user = tag('AssumedRoleUser', tag('Arn', '') + tag('AssumeRoleId', ''))
  const space = `xmlns${prefix === '' ? '' : `:${prefix.slice(0, -1)}`}`
  return `<?xml version="1.0" encoding="UTF-8"?>
<${prefix}${action}Response ${space}="https://sts.amazonaws.com/doc/${stsVersion}/">
  ${tag(`${action}Result`, user + keys)}
  ${tag('ResponseMetadata', tag('RequestId', 'req-1'))}
</${prefix}${action}Response>`
}

/** A refusal of the security token service. */
export function stsRefusal(code: string, message: string): string {
  return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/${stsVersion}/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>req-2</RequestId></ErrorResponse>`
}

/** The fields of a form or query. */
export function parametersOf(form: string | undefined): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(form))
}
