export { startServer } from './server.ts'
export type { StowageServer } from './server.ts'
export type { ServerOptions } from './options.ts'
