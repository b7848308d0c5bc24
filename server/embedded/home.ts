import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Signer, signerFrom } from '../../persistence/checkpoints.ts'
import { startPostgres } from '../../persistence/embedded-postgres.ts'
import { processes } from '../../persistence/processes.ts'

/** Everything the embedded mode keeps between starts, and its PostgreSQL while it runs. */
export type Home = {
  databaseUrl: string
  tokenKey: Signer
  checkpointKey: Signer
  /** PostgreSQL ran already: an earlier start was killed. */
  adopted: boolean
  close(): Promise<void>
}

/**
 * Opens the folder, made at the first start, and starts PostgreSQL in it, or adopts the one that a killed start has left.
 * `reset` starts over with nothing, after `endOthers` has ended what else has its data there. Throws where another start is using it.
 */
export async function openHome(folder: string, { reset = false, endOthers = async () => {} } = {}): Promise<Home> {
  const lock = join(folder, 'parley.pid')
  const dataDir = join(folder, 'postgres')
  refuseTwo(lock)
  if (reset && existsSync(dataDir)) await (await startPostgres({ dataDir })).stop()
  if (reset) await endOthers()
  if (reset) rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(lock, String(process.pid))
  const postgres = await startPostgres({ dataDir })
  return {
    databaseUrl: postgres.url,
    tokenKey: keptKey(join(folder, 'token-key.pem')),
    checkpointKey: keptKey(join(folder, 'checkpoint-key.pem')),
    adopted: postgres.adopted,
    async close() {
      await postgres.stop()
      rmSync(lock, { force: true })
    },
  }
}

/** A lock file alone proves nothing: its owner may have been killed, and its number given to another program. */
function refuseTwo(lock: string): void {
  if (!existsSync(lock)) return
  const pid = Number(readFileSync(lock, 'utf8'))
  const owner = pid === process.pid ? undefined : processes().find((p) => p.pid === pid)
  if (owner?.command.includes('main.ts')) throw new Error(`Parley is running here already, as process ${pid}. Stop it first.`)
}

function keptKey(file: string): Signer {
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('ed25519')
    writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
  }
  return signerFrom(readFileSync(file, 'utf8'))
}
