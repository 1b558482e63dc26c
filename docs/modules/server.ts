/**
 * The embeddable server.
 *
 * @module @stowage/server
 */
export * from '../../packages/server/src/index.ts'
