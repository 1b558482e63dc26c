export { DamagedBlobError } from './store/blobs.ts'
export type { Damage } from './store/blobs.ts'
export { startServer } from './server.ts'
export { DamagedDirectoryError } from './store/damage.ts'
export type { DirectoryDamage } from './store/damage.ts'
export type { RepairedItem, RepairReport } from './store/repair/repair-report.ts'
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
