import path from 'node:path'
import { checkNotEmpty } from '../checks.ts'
import { CredentialsError } from '../errors.ts'
import type { CredentialsProvider } from './credentials-provider.ts'
import { isJsonObject, parseJsonObject, stringAt, type JsonObject } from './json-keys.ts'
import { systemParts, variable, type Environment, type ProviderParts } from './provider-parts.ts'
import { readSmallFile } from './small-file.ts'

/** Options of `mcConfigCredentials`. */
export interface McConfigOptions {
  /** Name of the store in the file. Default: `MINIO_ALIAS`, else `s3`. */
  readonly alias?: string | undefined
  /**
   * The file. Default: `MINIO_SHARED_CREDENTIALS_FILE`, else `config.json` in `MC_CONFIG_DIR`, else
   * `~/.mc/config.json` (`~/mc/config.json` on Windows).
   */
  readonly path?: string | undefined
  /** Where to look for variables. Default `process.env`. */
  readonly environment?: Environment | undefined
}

const maxFileBytes = 1024 * 1024

/**
 * Keys from the configuration of the MinIO client, `mc`: version 10 (`aliases`) and the older ones
 * (`hosts`). Read anew for each refresh.
 *
 * Undefined when there is no file, no such alias, or an alias without keys. What was named, by an
 * option or by `MINIO_ALIAS`, must be there: else the provider rejects with `CredentialsError`.
 *
 * @throws InvalidArgumentError for wrong options, at once
 * @example
 * ```ts
 * const client = new Client({
 *   endpoint: 'play.min.io',
 *   credentials: mcConfigCredentials({ alias: 'play' }),
 * })
 * ```
 */
export function mcConfigCredentials(options: McConfigOptions = {}): CredentialsProvider {
  return mcConfigProvider(options, systemParts)
}

/** `mcConfigCredentials` with its surroundings. */
export function mcConfigProvider(
  options: McConfigOptions,
  parts: ProviderParts,
): CredentialsProvider {
  const { environment = process.env } = options
  for (const [name, value] of Object.entries({ alias: options.alias, path: options.path })) {
    if (value !== undefined) checkNotEmpty(name, value)
  }
  return async () => {
    const named = options.alias ?? variable(environment, 'MINIO_ALIAS')
    const file = options.path ?? usualFile(environment, parts)
    const found = await readSmallFile(file, maxFileBytes, 'mc-config')
    if (found === undefined) {
      if (named === undefined && options.path === undefined) return undefined
      throw failure(`${file} does not exist`)
    }
    const entry = aliasOf(parseJsonObject(found.text, 'mc-config', file), named ?? 's3')
    if (entry === undefined) {
      if (named === undefined) return undefined
      throw failure(`${file} has no alias ${named}`)
    }
    return keysOfAlias(entry, file)
  }
}

function usualFile(environment: Environment, parts: ProviderParts): string {
  const own = variable(environment, 'MINIO_SHARED_CREDENTIALS_FILE')
  if (own !== undefined) return own
  const home = variable(environment, 'HOME') ?? parts.homeDirectory()
  const usual = path.join(home, process.platform === 'win32' ? 'mc' : '.mc')
  return path.join(variable(environment, 'MC_CONFIG_DIR') ?? usual, 'config.json')
}

function aliasOf(config: JsonObject, alias: string): JsonObject | undefined {
  for (const list of [own(config, 'aliases'), own(config, 'hosts')]) {
    const entry = isJsonObject(list) ? own(list, alias) : undefined
    if (isJsonObject(entry)) return entry
  }
  return undefined
}

/** `__proto__` and its like are no aliases. */
function own(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/** An alias without keys is for anonymous use; with one of them it is broken. */
function keysOfAlias(entry: JsonObject, file: string): Awaited<ReturnType<CredentialsProvider>> {
  const accessKey = stringAt(entry, 'accessKey')
  const secretKey = stringAt(entry, 'secretKey')
  if (accessKey === undefined && secretKey === undefined) return undefined
  if (accessKey === undefined || secretKey === undefined) {
    throw failure(`${file}: the alias has only one of the two keys`)
  }
  return { accessKey, secretKey, sessionToken: stringAt(entry, 'sessionToken') }
}

function failure(problem: string): CredentialsError {
  return new CredentialsError('mc-config', problem)
}
