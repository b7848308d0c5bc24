/// <reference types="node" />
import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ClientStorage } from './storage.ts'

const KEPT = 'k-'
const DRAFT = 'draft-'
/** Ms after which a draft belongs to a process that died over it. */
const FORSAKEN = 600_000
/** Most file systems take names of 255 bytes. */
const NAME_MAX = 250

/**
 * Keeps each key in a file of its own in this folder, which is made where it is not there. A file is replaced whole: a
 * process killed at any moment, or two on one folder, leave the old value or the new one. Only the user may read it.
 */
export function fileStorage(folder: string): ClientStorage {
  let last: Promise<unknown> = Promise.resolve()
  let swept = false
  /** One call after the other. */
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const mine = last.then(run)
    last = mine.catch(() => {})
    return mine
  }
  const fileOf = (key: string): string => join(folder, nameOf(key))

  async function write(file: string, value: string): Promise<void> {
    await makeFolder(folder)
    if (!swept) await sweep(folder)
    swept = true
    const draft = join(folder, `${DRAFT}${randomUUID()}`)
    try {
      await writeDown(draft, value)
      await rename(draft, file)
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
    await syncFolder(folder)
  }

  return {
    get: (key) => inTurn(() => readFile(fileOf(key), 'utf8').catch(nothingThere(null))),
    set: (key, value) => inTurn(() => write(fileOf(key), value)),
    delete: (key) =>
      inTurn(async () => {
        await rm(fileOf(key), { force: true })
        await syncFolder(folder)
      }),
    keys: (prefix) =>
      inTurn(async () => {
        const names = await readdir(folder).catch(nothingThere<string[]>([]))
        return names.flatMap(keyOf).filter((key) => key.startsWith(prefix))
      }),
  }
}

/** Names that every file system takes and tells apart: small letters, digits and `-`, the rest as `%` and its bytes. */
function nameOf(key: string): string {
  const safe = [...new TextEncoder().encode(key)].map((byte) => {
    const sign = String.fromCharCode(byte)
    return /[a-z0-9-]/.test(sign) ? sign : `%${byte.toString(16).padStart(2, '0')}`
  })
  const name = KEPT + safe.join('')
  if (name.length > NAME_MAX) throw new RangeError('The key is too long for the name of a file')
  return name
}

function keyOf(name: string): string[] {
  try {
    return name.startsWith(KEPT) ? [decodeURIComponent(name.slice(KEPT.length))] : []
  } catch {
    return [] // no file of ours
  }
}

async function writeDown(path: string, value: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(value)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** With those that it lies in, one by one: Node's `recursive` never ends where none can be made, as in /proc. */
async function makeFolder(path: string): Promise<void> {
  const make = () =>
    mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  try {
    await make()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error
    await makeFolder(dirname(path))
    await make()
  }
}

/** A rename is on disk once its folder is. Windows has no such thing. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r').catch(nothingThere(null))
  try {
    await handle?.sync()
  } finally {
    await handle?.close()
  }
}

/** Removes what killed processes have left half written. */
async function sweep(folder: string): Promise<void> {
  const drafts = (await readdir(folder)).filter((name) => name.startsWith(DRAFT))
  for (const path of drafts.map((name) => join(folder, name))) {
    const { mtimeMs } = await stat(path).catch(nothingThere({ mtimeMs: Date.now() }))
    if (mtimeMs < Date.now() - FORSAKEN) await rm(path, { force: true })
  }
}

const nothingThere =
  <T>(instead: T) =>
  (error: unknown): T => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return instead
    throw error
  }
