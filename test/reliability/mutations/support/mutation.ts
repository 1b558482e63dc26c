import {
  changed,
  headerOf,
  withHeader,
  type RecordedRequest,
} from '../../../support/recorded-request.ts'

/**
 * One change of a valid request.
 *
 * - `refused`: it must be refused
 * - `same`: it must be refused, or do exactly what the request did without it
 */
export interface Mutation {
  readonly what: string
  readonly request: RecordedRequest
  readonly expected: 'refused' | 'same'
}

/** The request with another body, whose length is told. */
export function withBody(request: RecordedRequest, body: string): RecordedRequest {
  const bytes = Buffer.from(body, 'latin1')
  return withHeader(changed(request, { body: bytes }), 'content-length', String(bytes.length))
}

export function withMore(request: RecordedRequest, name: string, value: string): RecordedRequest {
  return changed(request, { headers: [...request.headers, [name, value]] })
}

export function bodyText({ body }: RecordedRequest): string {
  return body.toString('latin1')
}

export function isPresigned({ target }: RecordedRequest): boolean {
  return target.includes('X-Amz-Signature=')
}

/** Whether the request states who sends it, rightly or not. */
export function isSigned(request: RecordedRequest): boolean {
  return isPresigned(request) || headerOf(request, 'authorization') !== undefined
}
