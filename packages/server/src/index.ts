export { DamagedBlobError } from './store/blobs.ts'
export type { Damage } from './store/blobs.ts'
export { startServer } from './server.ts'
export type { StowageServer } from './server.ts'
export type {
  EncryptionOptions,
  ServerCors,
  ServerOptions,
  ServerTimeouts,
  ServerUser,
  Timers,
  WebhookOptions,
} from './options.ts'
