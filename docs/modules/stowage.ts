/**
 * The client library.
 *
 * @module stowage
 */
export * from '../../packages/client/src/index.ts'
