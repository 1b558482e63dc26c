export { startServer } from './server.ts'
export type { StowageServer } from './server.ts'
export type { EncryptionOptions, ServerOptions, Timers, WebhookOptions } from './options.ts'
