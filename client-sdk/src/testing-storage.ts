import type { ClientStorage } from './storage.ts'

/**
 * What every storage has to do, for runs in Node and in a browser alike. `make` opens a storage; called again within one
 * case, it opens the same again, as the next visit does, where `lasting`.
 */
export type StorageCase = { name: string; lasting: boolean; run(make: () => ClientStorage): Promise<void> }

function same(actual: unknown, expected: unknown): void {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (a !== e) throw new Error(`Found ${a?.slice(0, 200)}, expected ${e?.slice(0, 200)}`)
}
const sortedKeys = async (storage: ClientStorage, prefix: string) => [...(await storage.keys(prefix))].sort()
const odd = ['a/b', 'a/B', 'a%2fb', '../a', '.', 'con', 'ключ', '🦊', 'a b', 'a\n', '\u0000', 'x'.repeat(200)]

export const storageCases: StorageCase[] = [
  {
    name: 'nothing is there at first, and taking it away is harmless',
    lasting: false,
    async run(make) {
      const storage = make()
      same((await storage.get('a')) ?? null, null)
      same(await storage.keys(''), [])
      await storage.delete('a')
    },
  },
  {
    name: 'what is set is there, replaced whole, and gone once deleted',
    lasting: false,
    async run(make) {
      const storage = make()
      await storage.set('a', 'a long value')
      await storage.set('a', 'new')
      same(await storage.get('a'), 'new')
      await storage.set('a', '')
      same(await storage.get('a'), '')
      await storage.delete('a')
      same((await storage.get('a')) ?? null, null)
    },
  },
  {
    name: 'keys are found by their beginning',
    lasting: false,
    async run(make) {
      const storage = make()
      for (const key of ['p/a/1', 'p/a/2', 'p/b/1', 'p', 'q']) await storage.set(key, key)
      same(await sortedKeys(storage, 'p/a/'), ['p/a/1', 'p/a/2'])
      same(await sortedKeys(storage, 'p'), ['p', 'p/a/1', 'p/a/2', 'p/b/1'])
      same(await sortedKeys(storage, 'p/c'), [])
      await storage.delete('p/a/1')
      same(await sortedKeys(storage, 'p/a/'), ['p/a/2'])
    },
  },
  {
    name: 'any text can be a key, and no two of them are one',
    lasting: false,
    async run(make) {
      const storage = make()
      for (const key of odd) await storage.set(key, `of ${key}`)
      for (const key of odd) same(await storage.get(key), `of ${key}`)
      same(await sortedKeys(storage, ''), [...odd].sort())
    },
  },
  {
    name: 'values keep every character, and may be large',
    lasting: false,
    async run(make) {
      const storage = make()
      for (const value of ['\u0000\n"🦊"', 'é'.repeat(2_000_000)]) {
        await storage.set('a', value)
        same(await storage.get('a'), value)
      }
    },
  },
  {
    name: 'calls take effect in the order in which they were made, though nobody waits',
    lasting: false,
    async run(make) {
      const storage = make()
      const writes = Array.from({ length: 50 }, (_, i) => storage.set('a', String(i)))
      same(await storage.get('a'), '49')
      writes.push(storage.delete('a'))
      same((await storage.get('a')) ?? null, null)
      await Promise.all(writes)
    },
  },
  {
    name: 'two on the same place see what the other has written',
    lasting: true,
    async run(make) {
      const [one, other] = [make(), make()]
      await one.set('a', '1')
      same(await other.get('a'), '1')
      await other.delete('a')
      same((await one.get('a')) ?? null, null)
      await Promise.all([...Array(20).keys()].flatMap((i) => [one.set(`k${i}`, '1'), other.set(`k${i}`, '2'), other.set(`o${i}`, '2')]))
      same((await one.keys('')).length, 40)
    },
  },
  {
    name: 'it is there at the next visit',
    lasting: true,
    async run(make) {
      await make().set('a', 'kept')
      same(await make().get('a'), 'kept')
      same(await make().keys(''), ['a'])
    },
  },
]
