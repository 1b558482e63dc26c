// The server that is killed: it runs what `tsc -b` makes, as users do.
//
//   node server-process.mjs '{"built":"…/dist/index.js","options":{…}}'
//
// Tells its parent `opening` before it opens the store, and then its port.
import { pathToFileURL } from 'node:url'

const { built, options } = JSON.parse(process.argv[2] ?? '')
const { startServer } = await import(pathToFileURL(built).href)
process.send?.('opening')
const { port } = await startServer(options)
process.send?.(port)
