// The server that is killed: it runs what `tsc -b` makes, as users do.
//
//   node server-process.mjs '{"built":"…/dist/index.js","options":{…}}'
//
// Tells its parent `opening` before it opens the store, and then its port. Ends with its parent.
import { pathToFileURL } from 'node:url'

/** @typedef {typeof import('@stowage/server')} ServerModule */

/** @type {{ built: string, options: import('@stowage/server').ServerOptions }} */
const { built, options } = JSON.parse(process.argv[2] ?? '')
/** @type {ServerModule} */
const { startServer } = await import(pathToFileURL(built).href)
process.on('disconnect', () => process.exit())
process.send?.('opening')
const { port } = await startServer(options)
process.send?.(port)
