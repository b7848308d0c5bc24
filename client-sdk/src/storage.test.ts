import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { fileStorage } from './file-storage.ts'
import { memoryStorage } from './storage.ts'
import { storageCases } from './testing-storage.ts'

const folders: string[] = []
const folder = (): string => {
  folders.push(mkdtempSync(join(tmpdir(), 'parley-storage-')))
  return folders.at(-1)!
}
afterEach(() => {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true })
})

test.each(storageCases.filter(({ lasting }) => !lasting))('P1 in memory: $name', ({ run }) => run(memoryStorage))
test.each(storageCases)('P1 in files: $name', ({ run }) => {
  const place = join(folder(), 'not', 'there', 'yet')
  return run(() => fileStorage(place))
})

test('P1 files are for their user alone, and what a killed process left half written goes', async () => {
  const place = folder()
  const [old, young] = [join(place, 'draft-old'), join(place, 'draft-young')]
  for (const draft of [old, young]) writeFileSync(draft, '{"half')
  utimesSync(old, new Date(), new Date(Date.now() - 3_600_000))
  const storage = fileStorage(place)
  await storage.set('a', 'secret')
  expect(readdirSync(place).sort()).toEqual(['draft-young', 'k-a'])
  expect(statSync(join(place, 'k-a')).mode & 0o777).toBe(0o600)
  expect(await storage.keys('')).toEqual(['a'])
})

test('P1 a key too long for a file is refused, and a folder that is none rejects', async () => {
  const place = folder()
  await expect(async () => fileStorage(place).set('x'.repeat(300), '')).rejects.toThrow(RangeError)
  writeFileSync(join(place, 'file'), '')
  await expect(fileStorage(join(place, 'file')).set('a', '')).rejects.toThrow()
})

test.runIf(process.platform === 'linux')('P1 a folder that cannot be made rejects', async () => {
  const storage = fileStorage('/proc/nope/deeper')
  await expect(storage.set('a', '')).rejects.toThrow('ENOENT')
  expect(await storage.keys('')).toEqual([])
})

/** Writes as fast as it can, and says what it has written once that is kept. */
const writer = (place: string, name: string) => fork(join(import.meta.dirname, 'testing-writer.ts'), [place, name])

test('P1 two processes on one folder, one of them killed again and again: every value is whole and none is lost', async () => {
  const place = folder()
  const storage = fileStorage(place)
  const steady = writer(place, 'steady')
  for (let round = 0; round < 4; round++) {
    const victim = writer(place, `victim${round}`)
    let kept = -1
    victim.on('message', (n: number) => {
      kept = n
    })
    await once(victim, 'message')
    await new Promise((done) => setTimeout(done, 20 + 37 * round)) // anywhere within a write
    victim.kill('SIGKILL')
    await once(victim, 'exit')
    const { n, padding } = JSON.parse((await storage.get(`victim${round}`))!) as { n: number; padding: string }
    expect(n).toBeGreaterThanOrEqual(kept)
    expect(n).toBeLessThanOrEqual(kept + 1)
    expect(padding).toHaveLength(200_000)
    expect(JSON.parse((await storage.get('both'))!)).toMatchObject({ padding })
  }
  steady.kill('SIGKILL')
  await once(steady, 'exit')
})
