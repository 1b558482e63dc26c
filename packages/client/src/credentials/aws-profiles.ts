import path from 'node:path'
import { CredentialsError } from '../errors.ts'
import { IniError, parseIni, type IniSections } from './ini.ts'
import { variable, type Environment, type ProviderParts } from './provider-parts.ts'
import { readSmallFile } from './small-file.ts'

/** The settings of one profile, by name in lower case. */
export type AwsProfile = ReadonlyMap<string, string>

const maxFileBytes = 1024 * 1024
/** Keys of one file must not be completed from the other: they belong to different users. */
const keyNames = ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'] as const
const othersMayRead = 0o077

/**
 * The profiles of the AWS tools, by name; undefined when there is no file. Of both files the one
 * with the credentials counts.
 *
 * @param file a file to read instead of the two
 * @throws CredentialsError for a file that cannot be read
 */
export async function loadAwsProfiles(
  file: string | undefined,
  environment: Environment,
  parts: ProviderParts,
): Promise<ReadonlyMap<string, AwsProfile> | undefined> {
  if (file !== undefined) {
    const sections = await readIni(file, parts)
    return sections && merged(new Map([...configProfiles(sections), ...plain(sections)]), new Map())
  }
  const fileAt = (name: string, usual: string): string =>
    inHome(variable(environment, name) ?? path.join('~', '.aws', usual), environment, parts)
  const [config, credentials] = await Promise.all([
    readIni(fileAt('AWS_CONFIG_FILE', 'config'), parts),
    readIni(fileAt('AWS_SHARED_CREDENTIALS_FILE', 'credentials'), parts),
  ])
  if (!config && !credentials) return undefined
  return merged(configProfiles(config ?? new Map()), credentials ?? new Map())
}

function inHome(file: string, environment: Environment, parts: ProviderParts): string {
  if (!/^~[/\\]/.test(file)) return file
  return path.join(variable(environment, 'HOME') ?? parts.homeDirectory(), file.slice(2))
}

async function readIni(file: string, parts: ProviderParts): Promise<IniSections | undefined> {
  const found = await readSmallFile(file, maxFileBytes, 'aws-config')
  if (found === undefined) return undefined
  try {
    const sections = parseIni(found.text)
    warnOfReaders(file, found.mode, sections, parts)
    return sections
  } catch (error) {
    const problem = error instanceof IniError ? error.message : 'cannot be read'
    throw new CredentialsError('aws-config', `${file}: ${problem}`)
  }
}

function warnOfReaders(
  file: string,
  mode: number,
  sections: IniSections,
  { warn }: ProviderParts,
): void {
  if (process.platform === 'win32' || (mode & othersMayRead) === 0) return
  if (![...sections.values()].some((section) => section.has('aws_secret_access_key'))) return
  warn(`${file} holds secret keys and is open to other users`)
}

/** `[default]` and `[profile name]`; other sections of the file are no profiles. */
function configProfiles(sections: IniSections): Map<string, AwsProfile> {
  const profiles = new Map<string, AwsProfile>()
  for (const [name, section] of sections) {
    if (name === 'default' && !sections.has('profile default')) profiles.set(name, section)
    const [, profile] = /^profile (.+)$/.exec(name) ?? []
    if (profile !== undefined) profiles.set(profile.replace(/^(["'])(.*)\1$/, '$2'), section)
  }
  return profiles
}

/** The sections of a file whose kind nobody told. */
function plain(sections: IniSections): Map<string, AwsProfile> {
  return new Map([...sections].filter(([name]) => !name.startsWith('profile ')))
}

function merged(
  config: ReadonlyMap<string, AwsProfile>,
  credentials: ReadonlyMap<string, AwsProfile>,
): ReadonlyMap<string, AwsProfile> {
  const profiles = new Map(config)
  for (const [name, section] of credentials) {
    const profile = new Map(config.get(name))
    if (keyNames.some((key) => section.has(key))) for (const key of keyNames) profile.delete(key)
    profiles.set(name, new Map([...profile, ...section]))
  }
  return profiles
}
