export { startServer } from './server.ts'
export type { StowageServer } from './server.ts'
export type { ServerCors, ServerOptions, ServerUser } from './options.ts'
