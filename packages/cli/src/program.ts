import type { ServeOptions } from './commands/serve.ts'
import { Command } from 'commander'
import { openSession, type GlobalOptions, type Session } from './session.ts'
import type { World } from './world.ts'

/** Runs a command with a client that is closed behind it. */
type WithSession = (body: (session: Session) => Promise<void>) => Promise<void>

/** The command line: what there is, and which file does it. Nothing is loaded before its turn. */
export function createProgram(world: World, signal: AbortSignal): Command {
  const program = new Command('stowage')
    .description('Client for MinIO, Amazon S3 and every S3-compatible store')
    .version('0.1.0')
    .option('--endpoint <url>', 'the store; default: $STOWAGE_ENDPOINT')
    .option('--region <name>', 'region of the buckets; default: $AWS_REGION, else learnt')
    .option('--json', 'one JSON value a line, for programs')
    .addHelpText(
      'after',
      '\nKeys are taken from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or from\n' +
        'MINIO_ACCESS_KEY and MINIO_SECRET_KEY. `stowage serve` starts a store to try things on.',
    )
  const withSession: WithSession = async (body) => {
    const session = await openSession(world, program.opts<GlobalOptions>(), signal)
    try {
      await body(session)
    } finally {
      await session.client.close()
    }
  }
  addBucketCommands(program, withSession)
  addObjectCommands(program, withSession)
  addServe(program, world, signal)
  return program
}

function addBucketCommands(program: Command, withSession: WithSession): void {
  program
    .command('mb <bucket>')
    .description('make a bucket')
    .option('--object-lock', 'with object lock')
    .action((bucket: string, options: { objectLock?: boolean }) =>
      withSession(async (session) =>
        (await import('./commands/make-bucket.ts')).makeBucket(session, bucket, options),
      ),
    )
  program
    .command('rb <bucket>')
    .description('remove an empty bucket')
    .action((bucket: string) =>
      withSession(async (session) =>
        (await import('./commands/remove-bucket.ts')).removeBucket(session, bucket),
      ),
    )
  program
    .command('ls [target]')
    .description('list buckets, or what is in bucket/prefix')
    .option('-r, --recursive', 'everything below, not only the next level')
    .action((target: string | undefined, options: { recursive?: boolean }) =>
      withSession(async (session) =>
        (await import('./commands/list.ts')).list(session, target, options),
      ),
    )
}

function addObjectCommands(program: Command, withSession: WithSession): void {
  program
    .command('put <file> <target>')
    .description('upload a file (- for standard input) to bucket/key')
    .option('--content-type <type>')
    .action((file: string, target: string, options: { contentType?: string }) =>
      withSession(async (session) =>
        (await import('./commands/put.ts')).put(session, file, target, options),
      ),
    )
  program
    .command('get <object> [file]')
    .description('download bucket/key into a file')
    .option('--resume', 'go on with a download that was cut, and keep this one if it is')
    .action((object: string, file: string | undefined, options: { resume?: boolean }) =>
      withSession(async (session) =>
        (await import('./commands/get.ts')).get(session, object, file, options),
      ),
    )
  program
    .command('cat <object>')
    .description('write the content of bucket/key to standard output')
    .action((object: string) =>
      withSession(async (session) => (await import('./commands/cat.ts')).cat(session, object)),
    )
  program
    .command('stat <object>')
    .description('show what the store knows of bucket/key')
    .action((object: string) =>
      withSession(async (session) => (await import('./commands/stat.ts')).stat(session, object)),
    )
  program
    .command('rm <objects...>')
    .description('remove objects')
    .action((objects: string[]) =>
      withSession(async (session) =>
        (await import('./commands/remove.ts')).remove(session, objects),
      ),
    )
  program
    .command('presign <object>')
    .description('make a URL with which anybody can read bucket/key for a while')
    .option('--put', 'to write it instead')
    .option('--expiry <seconds>', 'life of the URL, at most 604800; default 604800')
    .action((object: string, options: { put?: boolean; expiry?: string }) =>
      withSession(async (session) =>
        (await import('./commands/presign.ts')).presign(session, object, options),
      ),
    )
}

function addServe(program: Command, world: World, signal: AbortSignal): void {
  program
    .command('serve')
    .description(
      'run an S3 server until stopped; it takes $STOWAGE_ACCESS_KEY and $STOWAGE_SECRET_KEY for ' +
        'its keys, or makes new ones each time',
    )
    .option('--host <address>', 'address to listen on; default 127.0.0.1')
    .option('--port <number>', 'port to listen on, 0 for a free one; default 9000')
    .option('--directory <path>', 'where to keep objects; default: in memory')
    .option(
      '--repair',
      'if the directory is damaged, rebuild its records from those that are intact and from the ' +
        'stored bytes; the damaged records are kept, and what is lost is printed',
    )
    .action(async (options: ServeOptions) => {
      const { serve } = await import('./commands/serve.ts')
      await serve(world, { ...program.opts<GlobalOptions>(), ...options }, signal)
    })
}
