/**
 * The S3 wire protocol as pure functions.
 *
 * @module @stowage/protocol
 */
export * from '../../packages/protocol/src/index.ts'
