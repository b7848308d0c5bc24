import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Log } from '../server/log.ts'
import type { Mailer } from '../server/ports.ts'
import type { World } from '../server/testing.ts'
import type { Ended } from './activities/run.ts'
import type { Patience } from './definitions/mail-delivery.ts'
import { type DevServer, startDevServer } from './dev-server/start.ts'
import { openTemporal, type Temporal } from './engine.ts'

export const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet, flush() {} }

/** A Temporal of this test's own, in a folder that goes with it. */
export type TestServer = { folder: string; server(): DevServer; start(): Promise<void>; close(): Promise<void> }
export async function testServer(): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-temporal-'))
  let server = await startDevServer(folder)
  const port = Number(server.address.split(':')[1])
  return {
    folder,
    server: () => server,
    /** Again, at the same address, on what is left in the folder. */
    start: async () => {
      server = await startDevServer(folder, port)
    },
    close: async () => {
      await server.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

type Options = { mailer?: Mailer | null; digestAfter?: number; patience?: Patience; ended?: (activity: Ended) => void }
/** What a process with the role of a worker does, for the house of a world. */
export async function testWorker(w: World, { server }: TestServer, options: Options = {}): Promise<Temporal> {
  const address = async () => server().address
  const temporal = openTemporal({ address, namespace: 'default', apiKey: null, tls: false }, quiet)
  temporal.work({ house: w.house, mailer: null, digestAfter: 1_000, ended: () => {}, ...options })
  return temporal
}
