import { decodeXml, type XmlDocument } from '@stowage/protocol'

import type { RawClient, RawResponse } from './raw-client.ts'

/** The document of an answer that is expected to be 200. */
export function documentOf<T>(document: XmlDocument<T>, { status, text }: RawResponse): T {
  if (status !== 200) throw new Error(`status ${status}: ${text}`)
  return decodeXml(document, text)
}

/** Turns versioning on or off. */
export async function setVersioning(
  client: RawClient,
  bucket: string,
  status: 'Enabled' | 'Suspended',
  more = '',
): Promise<RawResponse> {
  const body = `<VersioningConfiguration><Status>${status}</Status>${more}</VersioningConfiguration>`
  return client.send({ method: 'PUT', bucket, query: { versioning: '' }, body })
}

/** The id of the version that a request made or was about. */
export function versionOf({ headers }: RawResponse): string {
  const id = headers['x-amz-version-id']
  if (typeof id !== 'string') throw new Error('the answer has no version id')
  return id
}
