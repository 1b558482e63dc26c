import { awsDefault, awsPlain } from './aws-driver.ts'
import type { DriverKind } from './driver.ts'
import { minio } from './minio-driver.ts'
import { stowage } from './stowage-driver.ts'

/** Other people's clients. */
export const foreignDrivers: readonly DriverKind[] = [awsDefault, awsPlain, minio]

export const allDrivers: readonly DriverKind[] = [...foreignDrivers, stowage]
