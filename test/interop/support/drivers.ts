import { awsCli } from './aws-cli.ts'
import { awsDefault, awsPlain } from './aws-driver.ts'
import type { ClientKind, DriverKind } from './driver.ts'
import { mc } from './mc.ts'
import { minio } from './minio-driver.ts'
import { s3cmd } from './s3cmd.ts'
import { stowageCli } from './stowage-cli.ts'
import { stowage } from './stowage-driver.ts'

/** Other people's libraries. */
export const foreignDrivers: readonly DriverKind[] = [awsDefault, awsPlain, minio]

export const allDrivers: readonly DriverKind[] = [...foreignDrivers, stowage]

/** Other people's programs. */
export const foreignPrograms: readonly ClientKind[] = [awsCli, mc, s3cmd]

export const foreignClients: readonly ClientKind[] = [...foreignDrivers, ...foreignPrograms]

export const allClients: readonly ClientKind[] = [...foreignClients, stowage, stowageCli]
