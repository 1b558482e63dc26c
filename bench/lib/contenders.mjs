import { awsSdk } from '../contenders/aws-sdk.mjs'
import { bare } from '../contenders/bare.mjs'
import { bun } from '../contenders/bun.mjs'
import { minio } from '../contenders/minio.mjs'
import { s3mini } from '../contenders/s3mini.mjs'
import { stowage, stowageUnsigned } from '../contenders/stowage.mjs'

/** Every ratio is taken to this contender, so it runs along whatever is chosen. */
export const floor = bare

/** In the order of the tables and of the runs. */
export const contenders = [bare, stowage, stowageUnsigned, minio, awsSdk, s3mini, bun]

/**
 * @param {import('./contender.mjs').Contender} contender
 * @param {string} workload
 */
export function takesPart({ only }, workload) {
  return only === undefined || only.includes(workload)
}

/** @param {string} name */
export function contenderNamed(name) {
  const contender = contenders.find((candidate) => candidate.name === name)
  if (contender === undefined) throw new RangeError(`no contender is called ${name}`)
  return contender
}
