import { randomBytes } from 'node:crypto'

import { KeyRing, keyBytes } from './encryption/key-ring.ts'
import { NotificationTargets } from './events/notification-targets.ts'
import { systemTimers } from './events/timers.ts'
import { serverRules } from './cors/cors-rules.ts'
import { Handler } from './http/handler.ts'
import { Listener } from './http/listener.ts'
import { Keyring } from './keyring.ts'
import type { ServerContext } from './operations/operation.ts'
import { settingsFrom, type ServerOptions, type ServerSettings } from './options.ts'
import { systemFiles, type FileSystem } from './store/file-system.ts'
import type { RepairReport } from './store/repair/repair-report.ts'
import { openMemoryStore, randomId, type Store } from './store/store.ts'
import { systemTurns } from './work-slices.ts'

/** A server that is listening. */
export interface StowageServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:39217`. */
  readonly endpoint: string
  readonly port: number
  readonly accessKey: string
  readonly secretKey: string
  readonly region: string
  /** What the option `repair` has done; undefined when there was nothing to repair. */
  readonly repaired?: RepairReport | undefined
  /** Ends all connections, also those with a request under way, and closes the store. */
  close(): Promise<void>
}

/**
 * Starts an S3 server in this process.
 *
 * @throws TypeError or RangeError for an option that cannot be
 * @throws DamagedDirectoryError when files of the directory are damaged or missing
 * @throws Error when the port is taken, or the directory is in use or not the server's
 * @example
 * const server = await startServer()
 * const client = new Client(server)
 * await client.makeBucket('photos')
 * await server.close()
 */
export async function startServer(options: ServerOptions = {}): Promise<StowageServer> {
  return startServerIn({ files: systemFiles, newBlobId: randomId }, options)
}

/** What a server stands on, besides its options. */
export interface Surroundings {
  readonly files: FileSystem
  /** Makes 128 random bits in hexadecimal, unique for ever. */
  readonly newBlobId: () => string
}

/** Starts a server as `startServer` does, in surroundings of the caller's. */
export async function startServerIn(
  surroundings: Surroundings,
  options: ServerOptions,
): Promise<StowageServer> {
  const settings = settingsFrom(options)
  const store = await openStore(settings, surroundings)
  try {
    const keys = await openKeys(settings, surroundings, store)
    const targets = targetsFor(settings, store)
    const listener = listenerFor(settings, contextFor(settings, store, keys, targets))
    const port = await listener.listen()
    const close = (): Promise<void> => closeAll(listener, targets, store)
    return runningServer(settings, { port, repaired: store.repaired, close })
  } catch (error) {
    await store.close()
    throw error
  }
}

async function openStore(
  settings: ServerSettings,
  { files, newBlobId }: Surroundings,
): Promise<Store> {
  const { directory, durability, repair, region, now, onDefect } = settings
  if (directory === undefined) return openMemoryStore({ newId: newBlobId })
  const { openDiskStore } = await import('./store/disk-store.ts')
  const report = (error: unknown): void => onDefect(error, '')
  const options = { directory, durability, repair, region, now, report }
  return openDiskStore({ ...options, files, newBlobId })
}

/** Behind the opening of the store, which keeps other servers out of the directory. */
async function openKeys(
  settings: ServerSettings,
  { files }: Surroundings,
  store: Store,
): Promise<KeyRing> {
  const { encryption } = settings
  const kmsKeys = new Map(Object.entries(encryption.kmsKeys ?? {}))
  const masterKey = encryption.masterKey ?? (await defaultMasterKey(settings, files, store))
  return new KeyRing({ masterKey, kmsKeys, random: randomBytes })
}

async function defaultMasterKey(
  { directory, repair, now, onDefect }: ServerSettings,
  files: FileSystem,
  { keyMark }: Store,
): Promise<Uint8Array> {
  if (directory === undefined) return randomBytes(keyBytes)
  const { markOfKey, ownMasterKey } = await import('./encryption/master-key-file.ts')
  const mark = await keyMark.read()
  const report = (error: unknown): void => onDefect(error, '')
  const key = await ownMasterKey({ directory, files, mark, replace: repair, report, now })
  if (markOfKey(key) !== mark) await keyMark.write(markOfKey(key))
  return key
}

/** What may wait for a listener that is slow. */
const maxListenerQueueBytes = 16 * 1024 * 1024

function contextFor(
  settings: ServerSettings,
  store: Store,
  keys: KeyRing,
  targets: NotificationTargets,
): ServerContext {
  const { region, now, encryption, timers = systemTimers } = settings
  return {
    store,
    keyring: new Keyring(settings.credentials, settings.users),
    region,
    now,
    encryption: { keys, customerKeysOverHttp: encryption.customerKeysOverHttp ?? false },
    events: targets.bus(now),
    notifications: {
      knowsTarget: (arn) => targets.find(arn) !== undefined,
      timers,
      maxQueueBytes: maxListenerQueueBytes,
    },
    turns: systemTurns,
  }
}

function targetsFor(settings: ServerSettings, store: Store): NotificationTargets {
  const { region, webhooks, timers = systemTimers, onDefect } = settings
  return new NotificationTargets({
    region,
    webhooks,
    context: {
      timers,
      onDropped: (id) => onDefect(new Error(`an event for the webhook ${id} was given up`), ''),
    },
    configurationOf: (bucket) => store.configurations.find(bucket, 'notification'),
  })
}

async function closeAll(
  listener: Listener,
  targets: NotificationTargets,
  store: Store,
): Promise<void> {
  await listener.close()
  await targets.close()
  await store.close()
}

/** How long a client that is too slow by the rate is borne, in milliseconds. */
const rateGraceMs = 10_000

/** How long a client has to read the last reply and to close the connection, in milliseconds. */
const lingerMs = 2000

function listenerFor(settings: ServerSettings, context: ServerContext): Listener {
  const { domain, newRequestId, onDefect, host, port, timeouts, minBytesPerSecond } = settings
  const handler = new Handler({
    context,
    cors: serverRules(settings.cors),
    domain,
    newRequestId,
    onDefect,
  })
  return new Listener(handler, {
    host,
    port,
    places: { total: settings.maxConnections, perAddress: settings.maxConnectionsPerAddress },
    limits: { ...timeouts, minBytesPerSecond, rateGraceMs, lingerMs },
    timers: settings.timers ?? systemTimers,
    newRequestId,
  })
}

function runningServer(
  { host, credentials, region }: ServerSettings,
  running: Pick<StowageServer, 'port' | 'repaired' | 'close'>,
): StowageServer {
  const { port, repaired } = running
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= running.close()
    return closing
  }
  return {
    endpoint: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    accessKey: credentials.accessKey,
    secretKey: credentials.secretKey,
    region,
    repaired,
    close,
    [Symbol.asyncDispose]: close,
  }
}
