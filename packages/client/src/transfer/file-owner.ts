import { createHash } from 'node:crypto'
import { hostname } from 'node:os'

/** What is known of who works on a partial file. */
export type OwnerState = 'alive' | 'gone' | 'unknown'

const secondsOfDoubt = 2

const hostTag = createHash('sha256').update(hostname()).digest('hex').slice(0, 8)

/** When this process began, on the clock of the machine: the ids of processes come again. */
function processStartSeconds(): number {
  return Math.round(Number(process.hrtime.bigint()) / 1e9 - process.uptime())
}

/** Stands in the names of files that were left for whoever wants them. */
export const nobodyTag = '00000000-0-0'

/** Stands in the names of files that this process works on: host, process, its start. */
export function ourTag(): string {
  return `${hostTag}-${process.pid}-${processStartSeconds()}`
}

/** The form of both. */
export const ownerPattern = '[0-9a-f]{8}-[0-9]{1,10}-[0-9]{1,10}'

/** Whether somebody still works on the file; of other hosts nothing is known. */
export function ownerState(tag: string): OwnerState {
  if (tag === nobodyTag) return 'gone'
  const [host, processId, startSeconds] = tag.split('-')
  if (host !== hostTag) return 'unknown'
  if (Number(processId) !== process.pid) return isAlive(Number(processId)) ? 'alive' : 'gone'
  // In a container every process in turn has the id 1.
  const apart = Math.abs(Number(startSeconds) - processStartSeconds())
  return apart <= secondsOfDoubt ? 'alive' : 'gone'
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    // EPERM: it lives, and is somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
