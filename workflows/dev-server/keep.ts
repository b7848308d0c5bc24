import { join } from 'node:path'
import { findTemporal } from './find.ts'
import { boundLog, type DevServer, startDevServer } from './start.ts'

/** The development server of the embedded mode, for as long as the process lives. */
export type KeptServer = {
  /** Where it listens. It is brought, started or adopted first, if it does not run: whoever cannot reach it any more asks again. */
  address(stopping: AbortSignal): Promise<string>
  /** What it takes so long over, null where it is done. */
  doing(): string | null
  close(): Promise<void>
}

/** In ms. What could not be brought is not tried again before. */
const PAUSE = 300_000
/** One that runs and could not be reached for so long is ended. */
const HUNG = 60_000
/** Two questions further apart are not about the same trouble. */
const APART = 20_000
const LOOK_AT_LOG = 60_000

/** Keeps it in a folder. */
export function keepDevServer(folder: string, clock = Date.now): KeptServer {
  let server: DevServer | null = null
  let doing: string | null = null
  let failed: { at: number; error: unknown } | null = null
  let trouble = { pid: 0, from: 0, last: 0 }
  const timer = setInterval(() => boundLog(join(folder, 'temporal.db')), LOOK_AT_LOG).unref()

  async function find(stopping: AbortSignal): Promise<DevServer> {
    const hasProgram = (await findTemporal()) !== null
    if (!hasProgram && failed && clock() - failed.at < PAUSE) throw failed.error
    doing = hasProgram ? 'it is being started' : 'it is being brought; the first time that takes a minute'
    try {
      return await startDevServer(folder, undefined, stopping)
    } catch (error) {
      if (!hasProgram) failed = { at: clock(), error }
      throw error
    } finally {
      doing = null
    }
  }

  /** Whoever asks could not reach it. */
  async function endHung({ pid, kill }: DevServer): Promise<boolean> {
    const now = clock()
    if (trouble.pid !== pid || now - trouble.last > APART) trouble = { pid, from: now, last: now }
    trouble.last = now
    if (now - trouble.from < HUNG) return false
    await kill()
    return true
  }

  return {
    async address(stopping) {
      server = await find(stopping)
      if (await endHung(server)) server = await find(stopping)
      return server.address
    },
    doing: () => doing,
    async close() {
      clearInterval(timer)
      await server?.stop()
    },
  }
}
