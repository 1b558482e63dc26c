import { expect, test } from 'vitest'
import { stsDocument, stsErrorDocument } from '../../src/documents/sts.ts'
import { decodeXml, encodeXml } from '../../src/xml/shape.ts'
import { XmlError } from '../../src/xml/xml-error.ts'

/** As MinIO's documentation of AssumeRoleWithLDAPIdentity shows the form. */
const ldapAnswer = `<?xml version="1.0" encoding="UTF-8"?>
<AssumeRoleWithLDAPIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithLDAPIdentityResult>
    <AssumedRoleUser><Arn/><AssumeRoleId/></AssumedRoleUser>
    <Credentials>
      <AccessKeyId>KEY</AccessKeyId>
      <SecretAccessKey>sec/ret+</SecretAccessKey>
      <Expiration>2019-08-08T20:26:12Z</Expiration>
      <SessionToken>a.b.c</SessionToken>
    </Credentials>
  </AssumeRoleWithLDAPIdentityResult>
  <ResponseMetadata/>
</AssumeRoleWithLDAPIdentityResponse>`

const answer = {
  result: {
    credentials: {
      accessKeyId: 'KEY',
      secretAccessKey: 'sec/ret+',
      sessionToken: 'a.b.c',
      expiration: new Date('2019-08-08T20:26:12Z'),
    },
  },
}

test('an answer gives its keys, and only to the action that was asked', () => {
  expect(decodeXml(stsDocument('AssumeRoleWithLDAPIdentity'), ldapAnswer)).toEqual(answer)
  expect(() => decodeXml(stsDocument('AssumeRole'), ldapAnswer)).toThrow(XmlError)
})

test('what is written can be read', () => {
  const document = stsDocument('AssumeRoleWithCertificate')
  expect(decodeXml(document, encodeXml(document, answer))).toEqual(answer)
})

test('a refusal gives its code', () => {
  const text = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
    <Error><Type>Sender</Type><Code>ExpiredTokenException</Code><Message>m</Message></Error>
    <RequestId>r</RequestId></ErrorResponse>`
  expect(decodeXml(stsErrorDocument, text)).toEqual({
    error: { type: 'Sender', code: 'ExpiredTokenException', message: 'm' },
    requestId: 'r',
  })
})
