import { describe, expect, it } from 'vitest'

import { decodeXml, encodeXml, policyStatusDocument, postResultDocument } from '@stowage/protocol'

describe('the status of a policy', () => {
  it.each([
    ['TRUE', true],
    ['false', false],
  ])('is read from AWS (%s)', (text, isPublic) => {
    const source = `<PolicyStatus xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsPublic>${text}</IsPublic></PolicyStatus>`
    expect(decodeXml(policyStatusDocument, source)).toEqual({ isPublic })
  })

  it('is written', () => {
    expect(encodeXml(policyStatusDocument, { isPublic: true })).toContain(
      '<IsPublic>true</IsPublic>',
    )
  })
})

describe('the answer to a form', () => {
  it('is written and read', () => {
    const result = { location: 'http://h/b/k', bucket: 'b', object: 'a&b', etag: 'abc' }
    const source = encodeXml(postResultDocument, result)
    expect(source).toContain('<PostResponse><Location>http://h/b/k</Location><Bucket>b</Bucket>')
    expect(decodeXml(postResultDocument, source)).toEqual(result)
  })
})
