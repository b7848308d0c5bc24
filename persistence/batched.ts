import type { Pool } from 'pg'

type Waiting<V> = { done(value: V): void; fail(error: unknown): void }
/** What waits for the next call: each question once, with all who ask it. */
type Queue<K, V> = { next: Map<string, { key: K; waiting: Waiting<V>[] }>; running: boolean }
type Options<K> = {
  /** Says when two questions are one. */
  id(key: K): string
  /** Questions in a call: a bigger one keeps its first askers waiting for its last, and takes more memory. */
  most?: number
}

/**
 * Look-ups that come in crowds, as when a thousand clients come back at once: one call in flight, and what arrives meanwhile
 * goes into the next, the same question once. Alone, a look-up waits for nobody. `load` answers every key, in their order; if
 * it fails, all of that call's look-ups do.
 */
export function batched<K, V>(
  { id, most = 100 }: Options<K>,
  load: (pool: Pool, keys: readonly K[]) => Promise<V[]>,
): (pool: Pool, key: K) => Promise<V> {
  const queues = new WeakMap<Pool, Queue<K, V>>()

  async function drain(pool: Pool, queue: Queue<K, V>): Promise<void> {
    while (queue.next.size > 0) {
      const batch = [...queue.next].slice(0, most)
      for (const [name] of batch) queue.next.delete(name)
      await answer(
        pool,
        batch.map(([, question]) => question),
      )
    }
    queue.running = false
  }

  async function answer(pool: Pool, questions: readonly { key: K; waiting: Waiting<V>[] }[]): Promise<void> {
    try {
      const keys = questions.map(({ key }) => key)
      const values = await load(pool, keys)
      for (const [i, { waiting }] of questions.entries()) for (const { done } of waiting) done(values[i]!)
    } catch (error) {
      for (const { waiting } of questions) for (const { fail } of waiting) fail(error)
    }
  }

  return (pool, key) =>
    new Promise((done, fail) => {
      const queue = queues.get(pool) ?? { next: new Map(), running: false }
      queues.set(pool, queue)
      const name = id(key)
      const question = queue.next.get(name) ?? { key, waiting: [] }
      question.waiting.push({ done, fail })
      queue.next.set(name, question)
      if (queue.running) return
      queue.running = true
      setImmediate(() => void drain(pool, queue)) // lets everything that came in with it come along
    })
}
