import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext } from 'playwright-core'

const executablePath = process.env['STOWAGE_CHROMIUM'] ?? '/usr/bin/chromium'

/** Why nothing can be tested in a browser here; undefined where it can. */
export const missingBrowser: string | undefined = existsSync(executablePath)
  ? undefined
  : `there is no Chromium at ${executablePath} (Debian: apt-get install chromium)`

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface Browser {
  readonly context: BrowserContext
  close(): Promise<void>
}

/** A browser that nobody has used before, and that leaves nothing behind. */
export async function launchBrowser(): Promise<Browser> {
  const home = mkdtempSync(join(tmpdir(), 'stowage-chromium-'))
  const removeHome = (): void => rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  try {
    const context = await chromium.launchPersistentContext(join(home, 'profile'), {
      executablePath,
      headless: true,
      args,
      env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
    })
    const close = async (): Promise<void> => {
      await context.close()
      removeHome()
    }
    return { context, close }
  } catch (error) {
    removeHome()
    throw error
  }
}
