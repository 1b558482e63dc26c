import { checksum, decodeXml, encodeDigest, encodeXml, type XmlDocument } from '@stowage/protocol'
import { checkBucket, checkObject } from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'
import { BytesBody } from '../request/body.ts'
import { replyText } from '../request/reply.ts'
import type { RequestDescription, S3Request } from '../request/request.ts'
import { versionQuery } from './get-object.ts'

/** One of the documents that S3 keeps with a bucket or an object: `?policy`, `?tagging`, … */
export interface Configuration<T> {
  /** As in the names of its operations, behind `Get`, `Put` and `Delete`. */
  readonly name: string
  /** The query parameter that addresses it. */
  readonly parameter: string
  readonly contentType: string
  readonly decode: (text: string) => T
  readonly encode: (value: T) => string
}

/** What a configuration belongs to. */
export interface ConfigurationTarget {
  readonly bucket: string
  /** Of an object, where it is there as a property, even as undefined. */
  readonly object?: string | undefined
  readonly versionId?: string | undefined
}

/** A configuration that is a document of XML, in a form that suits callers better. */
export function xmlConfiguration<Document, T>(
  name: string,
  parameter: string,
  document: XmlDocument<Document>,
  read: (document: Document) => T,
  write: (value: T) => Document,
): Configuration<T> {
  return {
    name,
    parameter,
    contentType: 'application/xml',
    decode: (text) => read(decodeXml(document, text)),
    encode: (value) => encodeXml(document, write(value)),
  }
}

/** For documents that suit callers as they are. */
export function asItIs<T>(value: T): T {
  return value
}

function describe<T>(
  verb: 'Get' | 'Put' | 'Delete',
  configuration: Configuration<T>,
  target: ConfigurationTarget,
): Omit<RequestDescription, 'idempotent'> & { readonly idempotent: true } {
  const { bucket, object, versionId } = target
  checkBucket(bucket)
  // An object's tags that went to the bucket for want of a key would replace the bucket's.
  if ('object' in target) checkObject(object ?? '')
  return {
    operation: `${verb}${configuration.name}`,
    method: verb === 'Get' ? 'GET' : verb === 'Put' ? 'PUT' : 'DELETE',
    bucket,
    object,
    query: [[configuration.parameter, ''], ...versionQuery(versionId)],
    idempotent: true,
    answer: verb === 'Get' ? 'document' : 'nothing',
  }
}

/** Reads a configuration. */
export function getConfiguration<T>(
  configuration: Configuration<T>,
  target: ConfigurationTarget,
): S3Request<T> {
  return {
    ...describe('Get', configuration, target),
    read: (reply) => configuration.decode(replyText(reply)),
  }
}

/**
 * Replaces a configuration. AWS asks for Content-MD5 with most of them, other stores with all.
 *
 * @param argument what to name in errors
 * @throws InvalidArgumentError for what cannot be written
 */
export function putConfiguration<T>(
  configuration: Configuration<T>,
  target: ConfigurationTarget,
  value: T,
  argument: string,
  headers: Readonly<Record<string, string>> = {},
): S3Request<void> {
  const bytes = Buffer.from(encode(configuration, value, argument))
  return {
    ...describe('Put', configuration, target),
    headers: {
      ...headers,
      'content-type': configuration.contentType,
      'content-md5': encodeDigest(checksum('MD5', bytes)),
    },
    body: new BytesBody(bytes),
    read: () => {},
  }
}

function encode<T>(configuration: Configuration<T>, value: T, argument: string): string {
  try {
    return configuration.encode(value)
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw error
    throw new InvalidArgumentError(argument, 'cannot be written down')
  }
}

/** Removes a configuration. */
export function deleteConfiguration<T>(
  configuration: Configuration<T>,
  target: ConfigurationTarget,
): S3Request<void> {
  return { ...describe('Delete', configuration, target), read: () => {} }
}
