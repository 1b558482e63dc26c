import type { HeaderPair } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { IncomingRequest } from './incoming.ts'

/**
 * Parameters that belong to the signature, and checksums: the AWS client for JavaScript puts the
 * CRC-32 of an empty body into every presigned upload (since 3.729), and Amazon S3 does not look
 * at it (localstack/localstack#12169, ministackorg/ministack#1695).
 */
const notHoisted =
  /^x-amz-(?:algorithm|content-sha256|credential|date|expires|security-token|signature|signedheaders|checksum-.*|sdk-.*|user-agent)$/

const headerName = /^x-amz-[a-z0-9!#$%&'*+.^_`|~-]+$/
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * The headers that the query of a presigned URL stands for: whoever uses the URL need not send
 * what its signer wished, so signers put `x-amz-*` headers into the query, which the signature
 * covers (aws/aws-sdk-js-v3#4694). Only for requests whose query was verified.
 * @throws S3Failure for what no header can hold: it would break out of a reply's head later
 */
export function hoistedHeaders(request: IncomingRequest): readonly HeaderPair[] {
  const hoisted: HeaderPair[] = []
  for (const [parameter, text] of request.query) {
    const name = parameter.toLowerCase()
    if (!name.startsWith('x-amz-') || notHoisted.test(name)) continue
    // Values of headers hold one character per byte.
    const value = Buffer.from(text, 'utf8').toString('latin1')
    if (!headerName.test(name) || !headerValue.test(value)) {
      throw new S3Failure('InvalidArgument', {
        message: `The parameter ${name} cannot be a header.`,
      })
    }
    hoisted.push([name, value])
  }
  return hoisted
}
