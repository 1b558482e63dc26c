// Who may import whom. This table is the rule: `check-layers.mjs` enforces it, and the table in
// ARCHITECTURE.md is printed from it (`npm run layers:write`).
//
// `may` names what an area imports from outside itself. `rows` are its layers from the top down: a
// file may import its own row and the rows below it, except those in `not`. A part `errors` is the
// file `errors.ts` or the folder `errors/`; `http/handler` comes before `http`. `may` in a row adds to the `may` of its area; of the rows
// and packages in `types` it imports types alone.

/**
 * @typedef {{
 *   readonly name: string,
 *   readonly parts: readonly string[],
 *   readonly may?: readonly string[],
 *   readonly not?: readonly string[],
 *   readonly types?: readonly string[],
 *   readonly why: string,
 * }} Row
 * @typedef {{
 *   readonly name: string,
 *   readonly files: readonly string[],
 *   readonly may: readonly string[],
 *   readonly rows?: readonly Row[],
 *   readonly why: string,
 * }} Area
 * @typedef {{ readonly file: string, readonly why: string }} Exception
 */

/** @type {readonly Area[]} */
export const areas = [
  {
    name: 'protocol',
    files: ['packages/protocol/src/'],
    may: ['node:crypto', 'node:zlib', 'node:buffer'],
    why: 'pure functions: no I/O, no dependency',
  },
  {
    name: 'client',
    files: ['packages/client/src/'],
    may: ['@stowage/protocol', 'node:*'],
    why: 'knows the protocol and, in one layer, undici',
    rows: [
      { name: 'face', parts: ['index', 'client'], why: 'the public methods, without logic' },
      {
        name: 'assembly',
        parts: ['assemble'],
        why: 'puts the parts of a client together',
      },
      { name: 'transfer', parts: ['transfer'], why: 'what takes many requests' },
      {
        name: 'operations',
        parts: ['operations'],
        not: ['pipeline', 'transport', 'credentials'],
        why: 'describe one request, read one reply: no HTTP',
      },
      {
        name: 'pipeline',
        parts: ['pipeline'],
        why: 'the one door to the network: region, credentials, sign, send, classify, retry',
      },
      { name: 'credentials', parts: ['credentials'], why: 'where keys come from' },
      {
        name: 'transport',
        parts: ['transport'],
        may: ['undici'],
        why: 'one attempt on the wire; the only place that knows undici',
      },
      { name: 'results', parts: ['results'], why: 'what operations give back' },
      { name: 'request', parts: ['request'], why: 'a request as a value, and what it is made of' },
      {
        name: 'ground',
        parts: [
          'abort',
          'checks',
          'clock',
          'errors',
          'foreign-options',
          'hooks',
          'options',
          'transport/transport',
        ],
        types: ['undici', 'credentials'],
        why: 'what all layers share',
      },
    ],
  },
  {
    name: 'server',
    files: ['packages/server/src/'],
    may: ['@stowage/protocol', 'node:*'],
    why: 'the mirror of the client, which it never imports',
    rows: [
      { name: 'face', parts: ['index', 'server'], why: 'starts and stops' },
      {
        name: 'front',
        parts: ['http/listener', 'http/handler'],
        why: 'one request from the socket to the reply: route, authenticate, dispatch',
      },
      { name: 'operations', parts: ['operations'], why: 'one handler per S3 operation' },
      {
        name: 'policies',
        parts: ['route', 'route-table', 'authorize', 'keyring', 'policy', 'cors'],
        why: 'which operation, and who may call it: pure functions',
      },
      { name: 'messages', parts: ['http'], why: 'reads what came, writes what goes' },
      {
        name: 'select',
        parts: ['select'],
        not: ['store'],
        may: ['hyparquet'],
        why: 'SQL over the records of one object; knows no HTTP and no store',
      },
      {
        name: 'events',
        parts: ['events'],
        not: ['store', 'encryption'],
        why: 'what happened, to those who asked to be told',
      },
      {
        name: 'encryption',
        parts: ['encryption'],
        why: 'seals bytes on their way to the store and opens them on their way back',
      },
      {
        name: 'store',
        parts: ['store'],
        may: ['memory-level', 'classic-level', 'abstract-level'],
        why: 'buckets, objects and uploads; knows no HTTP',
      },
      { name: 'ground', parts: ['failure', 'options'], why: 'what all layers share' },
    ],
  },
  {
    name: 'cli',
    files: ['packages/cli/src/'],
    may: ['stowage', '@stowage/server', 'commander', 'node:*'],
    why: 'a user of the library like any other',
  },
  {
    name: 'examples',
    files: ['examples/src/'],
    may: ['stowage', '@stowage/server', 'node:*'],
    why: 'show what a user can write',
  },
  {
    name: 'conformance',
    files: ['test/conformance/', 'test/engines/', 'test/support/'],
    may: [
      'stowage',
      '@stowage/server',
      '@stowage/protocol',
      'vitest',
      'fast-check',
      'hyparquet-writer',
      'node:*',
    ],
    why: 'one suite for every target, on the public packages alone',
  },
]

/**
 * No WHATWG URL may touch an object key: it rewrites `.`, `..` and `%2E%2E`, so that the key `../b`
 * in bucket `bkt` becomes `/b`, another bucket.
 */
export const urlRule = {
  files: ['packages/protocol/src/', 'packages/client/src/', 'packages/server/src/'],
  pattern: /\bnew URL\(|\bURL\.(?:parse|canParse)\(/,
  /** @type {readonly Exception[]} */
  except: [],
}
