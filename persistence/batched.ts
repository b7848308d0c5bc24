import type { Pool } from 'pg'

type Waiting<K, V> = { key: K; done(value: V): void; fail(error: unknown): void }

/**
 * Look-ups that come in crowds, as when a thousand clients come back at once: one call in flight, and what arrives meanwhile
 * goes into the next. Alone, a look-up waits for nobody. `load` answers every key, in their order; if it fails, all of that
 * call's look-ups do. `most`: keys in a call; a bigger one keeps its first callers waiting for its last, and takes more memory.
 */
export function batched<K, V>(load: (pool: Pool, keys: readonly K[]) => Promise<V[]>, most = 100): (pool: Pool, key: K) => Promise<V> {
  const queues = new WeakMap<Pool, { waiting: Waiting<K, V>[]; running: boolean }>()

  async function drain(pool: Pool, queue: { waiting: Waiting<K, V>[]; running: boolean }): Promise<void> {
    while (queue.waiting.length > 0) {
      const batch = queue.waiting.splice(0, most)
      try {
        const keys = batch.map(({ key }) => key)
        const values = await load(pool, keys)
        batch.forEach(({ done }, i) => {
          done(values[i]!)
        })
      } catch (error) {
        for (const { fail } of batch) fail(error)
      }
    }
    queue.running = false
  }

  return (pool, key) =>
    new Promise((done, fail) => {
      const queue = queues.get(pool) ?? { waiting: [], running: false }
      queues.set(pool, queue)
      queue.waiting.push({ key, done, fail })
      if (queue.running) return
      queue.running = true
      setImmediate(() => void drain(pool, queue)) // lets everything that came in with it come along
    })
}
