import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build } from 'esbuild'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { engineProgram } from '../scripts/engines-path.ts'

export type TestBrowser = {
  /** Where the page is served: its origin is what the hub has to allow. */
  origin: string
  /** A browser of its own, as far as storage goes. */
  context(): Promise<BrowserContext>
  /** Opens the page, with `testPage` ready. */
  open(context: BrowserContext): Promise<Page>
  close(): Promise<void>
}

/** What Chromium would otherwise do unasked, and what it cannot do in a container. */
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'].concat([
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
])

/** A real browser, and a page on this machine with the SDK bundled as an app would. */
export async function openBrowser(): Promise<TestBrowser> {
  const script = await bundle()
  const server = createServer(({ url }, response) => {
    const isScript = url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const browser = await chromium.launch({ executablePath: engineProgram('chromium'), args })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    context: () => browser.newContext(),
    async open(context) {
      const page = await context.newPage()
      await page.goto(origin)
      await page.waitForFunction(() => 'testPage' in globalThis)
      return page
    },
    async close() {
      await browser.close()
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

async function bundle(): Promise<string> {
  const entry = join(import.meta.dirname, 'testing-page.ts')
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
  })
  return outputFiles[0]!.text
}
