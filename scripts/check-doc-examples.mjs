// Type-checks every `@example` in the doc comments of packages/*/src, and every block of TypeScript
// in the pages at the root and in the READMEs of the packages.
//
//   node scripts/check-doc-examples.mjs
//
// Each example becomes a module of its own. It may use, without importing or declaring them, the
// exports of the file that it documents, `Client`, `startServer` and a `client` of type Client.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * @typedef {{ readonly file: string, readonly line: number, readonly code: string }} Example `line`
 *   is that of the first line of code
 */

// Below the root, so that the packages resolve as they do for the sources.
const folder = path.resolve('node_modules/.cache/doc-examples')
const docComment = /\/\*\*[\s\S]*?\*\//g
const blockTag = /^@\w+/
const fence = /^```/

/**
 * The examples in one source file. Inside an example, code stands in a fence or, without any
 * fence, up to the next tag.
 *
 * @param {string} file
 * @param {string} source
 * @returns {Example[]}
 */
export function readExamples(file, source) {
  return [...source.matchAll(docComment)].flatMap((comment) => {
    const firstLine = source.slice(0, comment.index).split('\n').length
    const lines = comment[0].split('\n').map((line) => line.replace(/^\s*\*(?:\/$| ?)/, ''))
    return exampleRanges(lines).map(({ start, end }) => ({
      file,
      line: firstLine + start,
      code: lines.slice(start, end).join('\n').trimEnd(),
    }))
  })
}

/**
 * The blocks of TypeScript in a Markdown page.
 *
 * @param {string} file
 * @param {string} source
 * @returns {Example[]}
 */
function readPage(file, source) {
  return [...source.matchAll(/(?<=^```ts\n)[\s\S]*?(?=^```$)/gm)].map((block) => ({
    file,
    line: source.slice(0, block.index).split('\n').length,
    code: block[0].trimEnd(),
  }))
}

/** @param {readonly string[]} lines @returns {{ start: number, end: number }[]} */
function exampleRanges(lines) {
  return lines.flatMap((line, index) => {
    if (!line.startsWith('@example')) return []
    const end = nextIndex(lines, index + 1, (text) => blockTag.test(text))
    const open = nextIndex(lines, index + 1, (text) => fence.test(text))
    if (open >= end) return [{ start: index + 1, end }]
    return [{ start: open + 1, end: nextIndex(lines, open + 1, (text) => fence.test(text)) }]
  })
}

/** @param {readonly string[]} lines @param {number} from @param {(text: string) => boolean} test */
function nextIndex(lines, from, test) {
  const offset = lines.slice(from).findIndex(test)
  return offset === -1 ? lines.length : from + offset
}

/** What an example may take for granted beside the file that it documents. */
const wellKnown = new Map([
  ['Client', 'stowage'],
  ['startServer', '@stowage/server'],
])

/**
 * The example as a module: the imports that it leaves out, and its code on the line that it has in
 * the source, so that messages give the right line.
 *
 * @param {Example} example
 * @param {string} source
 */
function moduleFor({ file, line, code }, source) {
  const own = path.resolve(file).replaceAll('\\', '/')
  const origins = new Map([...wellKnown, ...exportedNames(source).map((name) => pair(name, own))])
  const imports = [...origins]
    .filter(([name]) => isLeftOut(code, name))
    .map(([name, from]) => `import { ${name} } from '${from}'; `)
  const client = isLeftOut(code, 'client') ? `declare const client: import('stowage').Client; ` : ''
  const moved = code.replaceAll(/(?<=\bfrom ')\.{1,2}\/[^']+/g, (specifier) =>
    path.posix.join(path.posix.dirname(own), specifier),
  )
  return `${'\n'.repeat(line - 2)}${imports.join('')}${client}export {}\n${moved}\n`
}

/** @param {string} name @param {string} from @returns {[string, string]} */
function pair(name, from) {
  return [name, from]
}

/** @param {string} source @returns {string[]} */
function exportedNames(source) {
  const declarations = source.matchAll(
    /^export (?:async )?(?:abstract )?(?:function\*?|class|const|interface|type) (\w+)/gm,
  )
  return [...declarations].map(([, name]) => name ?? '')
}

/** @param {string} code @param {string} name @returns {boolean} used, but neither imported nor declared */
function isLeftOut(code, name) {
  const imports = (code.match(/^import\b[^'"]*/gm) ?? []).join(' ')
  const declaration = `(?:const|let|function|class) ${name}|${name}: Client`
  return wordIn(code, name) && !wordIn(imports, name) && !wordIn(code, declaration)
}

/** @param {string} text @param {string} word */
function wordIn(text, word) {
  return new RegExp(`(?<![.\\w])(?:${word})\\b`).test(text)
}

function tsconfig() {
  return {
    extends: path.resolve('tsconfig.base.json'),
    compilerOptions: {
      noEmit: true,
      composite: false,
      declaration: false,
      declarationMap: false,
      sourceMap: false,
      incremental: false,
      rewriteRelativeImportExtensions: false,
      allowImportingTsExtensions: true,
      // An example shows a value without using it.
      noUnusedLocals: false,
      noUnusedParameters: false,
    },
    include: ['.'],
    exclude: [],
  }
}

/** The sources of all packages. @returns {string[]} */
export function packageSources() {
  return readdirSync('packages').flatMap((name) =>
    readdirSync(`packages/${name}/src`, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => path.posix.join('packages', name, 'src', file.replaceAll('\\', '/'))),
  )
}

/** @returns {Map<string, string>} generated file → source file */
function writeModules() {
  /** @type {Map<string, string>} */
  const origins = new Map()
  const pages = readdirSync('.').filter((name) => name.endsWith('.md'))
  const readmes = readdirSync('packages').map((name) => `packages/${name}/README.md`)
  for (const file of [...packageSources(), ...pages, ...readmes]) {
    const source = readFileSync(file, 'utf8')
    const read = file.endsWith('.md') ? readPage : readExamples
    for (const example of read(file, source)) {
      const name = `${file.replace(/\.\w+$/, '').replaceAll('/', '-')}-${example.line}.ts`
      writeFileSync(path.join(folder, name), moduleFor(example, source))
      origins.set(name, file)
    }
  }
  return origins
}

function main() {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(tsconfig()))
  const origins = writeModules()
  if (origins.size > 0) {
    const compiler = path.resolve('node_modules/typescript/bin/tsc')
    const { status, stdout } = spawnSync(
      process.execPath,
      [compiler, '-p', folder, '--pretty', 'false'],
      {
        encoding: 'utf8',
      },
    )
    const report = stdout.replaceAll(
      /^\S*?([^\s/\\]+\.ts)(?=\()/gm,
      (/** @type {string} */ all, /** @type {string} */ name) => origins.get(name) ?? all,
    )
    process.stderr.write(report)
    process.exitCode = status ?? 1
  }
  process.stdout.write(`doc examples: ${origins.size} checked\n`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main()
