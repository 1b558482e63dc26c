import { parseIsoDate } from '@stowage/protocol'
import { CredentialsError, type CredentialsSource } from '../errors.ts'
import type { Credentials } from './credentials-provider.ts'

/** An object from outside; its names are only ever asked for, never copied. */
export type JsonObject = Readonly<Record<string, unknown>>

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Reads a JSON object. What JSON.parse throws quotes the text, which may hold secrets, so that
 * nothing of it is kept.
 */
export function parseJsonObject(text: string, source: CredentialsSource, what: string): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (isJsonObject(value)) return value
  throw new CredentialsError(source, `${what} is no JSON object`)
}

/** An own property that holds text; undefined for anything else and for empty text. */
export function stringAt(object: JsonObject, name: string): string | undefined {
  const value = Object.hasOwn(object, name) ? object[name] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** `AccessKeyId`, `SecretAccessKey`, a token and `Expiration`, as all services of AWS spell them. */
export function keysOf(
  object: JsonObject,
  tokenName: 'Token' | 'SessionToken',
  source: CredentialsSource,
): Credentials {
  const accessKey = stringAt(object, 'AccessKeyId')
  const secretKey = stringAt(object, 'SecretAccessKey')
  if (accessKey === undefined || secretKey === undefined) {
    throw new CredentialsError(source, 'the answer lacks AccessKeyId or SecretAccessKey')
  }
  const expirationText = stringAt(object, 'Expiration')
  const expiration = expirationText === undefined ? undefined : parseIsoDate(expirationText)
  if (expirationText !== undefined && expiration === undefined) {
    throw new CredentialsError(source, 'the Expiration of the answer is no ISO 8601 time')
  }
  return { accessKey, secretKey, sessionToken: stringAt(object, tokenName), expiration }
}
