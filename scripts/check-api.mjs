// The public API of each library is written down in etc/<package>.api.md. A change of the API is
// thus a change that a reviewer sees, and one that nobody meant fails.
//
//   node scripts/check-api.mjs            (after `tsc -b`) fails when a report differs
//   node scripts/check-api.mjs --write    writes the reports anew
import { mkdirSync } from 'node:fs'
import path from 'node:path'

import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'

/** The command-line tool is no library: nobody imports it. */
const libraries = ['protocol', 'client', 'server']
const reportFolder = path.resolve('etc')
const tempFolder = path.resolve('node_modules/.cache/api-extractor')

/** @param {string} name */
function configFor(name) {
  const projectFolder = path.resolve('packages', name)
  const entry = path.join(projectFolder, 'dist/index.d.ts')
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: path.join(projectFolder, 'package.json'),
    configObject: {
      projectFolder,
      mainEntryPointFilePath: entry,
      // Not the package's own tsconfig: that one is for a newer compiler and for the sources.
      compiler: { overrideTsconfig: { compilerOptions: compilerOptions(), files: [entry] } },
      apiReport: {
        enabled: true,
        reportFolder,
        reportTempFolder: tempFolder,
        reportFileName: `${name}.api.md`,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: messages(),
    },
  })
}

function compilerOptions() {
  return {
    module: 'nodenext',
    moduleResolution: 'nodenext',
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable'],
    types: ['node'],
    strict: true,
    skipLibCheck: true,
  }
}

/** A type that a public signature names without exporting it is noted in the report, to be judged. */
function messages() {
  return {
    compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
    extractorMessageReporting: {
      default: { logLevel: ExtractorLogLevel.None },
      'ae-forgotten-export': { logLevel: ExtractorLogLevel.Warning, addToApiReportFile: true },
    },
    tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
  }
}

/** @param {string} name @param {boolean} write @returns {boolean} whether the report stands */
function checkLibrary(name, write) {
  const result = Extractor.invoke(configFor(name), {
    localBuild: write,
    messageCallback: (message) => {
      const quiet = message.logLevel !== ExtractorLogLevel.Error
      if (quiet) message.handled = true
    },
  })
  if (result.apiReportChanged && !write) {
    process.stderr.write(`etc/${name}.api.md differs: run \`npm run api:write\` and review it\n`)
  }
  return result.errorCount === 0 && (write || !result.apiReportChanged)
}

mkdirSync(reportFolder, { recursive: true })
mkdirSync(tempFolder, { recursive: true })
const write = process.argv.includes('--write')
const failed = libraries.filter((name) => !checkLibrary(name, write))
process.stdout.write(`api: ${libraries.length} libraries, ${failed.length} wrong\n`)
process.exitCode = failed.length > 0 ? 1 : 0
