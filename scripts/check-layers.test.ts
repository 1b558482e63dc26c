import { describe, expect, test } from 'vitest'

import { checkFile, layerTable, readImports } from './check-layers.mjs'

/** Lines at which a file with this one import is refused. */
function wrongLines(file: string, source: string): number[] {
  return checkFile(file, source).map(({ line }) => line)
}

describe('checkFile refuses', () => {
  test.each([
    ['packages/protocol/src/xml/reader.ts', `import { readFile } from 'node:fs'`],
    ['packages/protocol/src/xml/reader.ts', `import { parse } from 'saxes'`],
    ['packages/client/src/operations/put-object.ts', `import { send } from '../pipeline.ts'`],
    ['packages/client/src/operations/put-object.ts', `import type { T } from '../transport/t.ts'`],
    ['packages/client/src/operations/put-object.ts', `export { upload } from '../transfer/up.ts'`],
    ['packages/client/src/operations/put-object.ts', `import { request } from 'undici'`],
    ['packages/client/src/pipeline.ts', `import { Agent } from 'undici'`],
    ['packages/client/src/pipeline.ts', `const u = await import('undici')`],
    ['packages/client/src/errors.ts', `import type { Client } from './client.ts'`],
    ['packages/client/src/client.ts', `import { startServer } from '@stowage/server'`],
    ['packages/client/src/client.ts', `import { x } from '../../protocol/src/xml/reader.ts'`],
    ['packages/client/src/client.ts', `import { x } from '@stowage/protocol/dist/index.js'`],
    ['packages/client/src/options.ts', `import { Agent } from 'undici'`],
    ['packages/client/src/unheard-of.ts', ''],
    ['packages/server/src/operations/put-object.ts', `import { Client } from 'stowage'`],
    ['packages/server/src/http/reply.ts', `import { handle } from './handler.ts'`],
    ['packages/server/src/store/store.ts', `import { reply } from '../http/reply.ts'`],
    ['packages/cli/src/serve.ts', `import { x } from '@stowage/protocol'`],
    ['packages/cli/src/serve.ts', `const x = await import(name)`],
    ['test/conformance/a.test.ts', `import { x } from '../../packages/client/src/errors.ts'`],
    ['packages/client/src/client.ts', `const url = new URL(endpoint)`],
    ['packages/protocol/src/sigv4/x.ts', `const url = URL.parse(endpoint)`],
  ])('%s: %s', (file, source) => {
    expect(wrongLines(file, source)).toEqual([1])
  })
})

describe('checkFile accepts', () => {
  test.each([
    ['packages/protocol/src/sigv4/x.ts', `import { createHmac } from 'node:crypto'`],
    ['packages/protocol/src/sigv4/x.ts', `import { encode } from '../encoding/uri.ts'`],
    ['packages/client/src/operations/put-object.ts', `import type { E } from '../errors.ts'`],
    ['packages/client/src/operations/put-object.ts', `import { x } from '@stowage/protocol'`],
    ['packages/server/src/http/handler.ts', `import { reply } from './reply.ts'`],
    ['packages/server/src/operations/put-object.ts', `import { reply } from '../http/reply.ts'`],
    ['packages/client/src/transport/undici.ts', `import { Agent } from 'undici'`],
    ['packages/client/src/options.ts', `import type { Dispatcher } from 'undici'`],
    ['packages/client/src/request.ts', `import type { Method } from './transport/transport.ts'`],
    ['packages/client/src/client.ts', ` * import { Client } from 'anything'\n// new URL(x)`],
    ['packages/cli/src/serve.ts', `const { startServer } = await import('@stowage/server')`],
  ])('%s: %s', (file, source) => {
    expect(wrongLines(file, source)).toEqual([])
  })
})

test('readImports gives the line on which a statement begins', () => {
  const source = `import a from 'a'\nimport type {\n  b,\n} from 'b'\nimport 'c'\nexport * from 'd'\n`
  expect(readImports(source)).toEqual([
    { line: 1, specifier: 'a', typeOnly: false },
    { line: 2, specifier: 'b', typeOnly: true },
    { line: 5, specifier: 'c', typeOnly: false },
    { line: 6, specifier: 'd', typeOnly: false },
  ])
})

test('the printed table names every layer of the client', () => {
  for (const name of ['transfer', 'operations', 'pipeline', 'transport']) {
    expect(layerTable()).toContain(`↳ ${name}`)
  }
})
