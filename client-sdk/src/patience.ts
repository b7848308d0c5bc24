import type { ClientStorage } from './storage.ts'

/** How long a storage may take to answer, in ms: one that never does (a database held by another page) stops nobody. */
const PATIENCE = 3_000

/** The same storage, whose calls reject where they take too long. They may still take effect. */
export const patient = (storage: ClientStorage): ClientStorage => ({
  get: (key) => inTime(storage.get(key)),
  set: (key, value) => inTime(storage.set(key, value)),
  delete: (key) => inTime(storage.delete(key)),
  keys: (prefix) => inTime(storage.keys(prefix)),
})

function inTime<T>(answer: T | Promise<T>): T | Promise<T> {
  if (!(answer instanceof Promise)) return answer
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The storage does not answer')), PATIENCE)
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** A part of a storage: whatever begins so. */
export const under = (storage: ClientStorage, prefix: string): ClientStorage => ({
  get: (key) => storage.get(prefix + key),
  set: (key, value) => storage.set(prefix + key, value),
  delete: (key) => storage.delete(prefix + key),
  keys: async (begin) => (await storage.keys(prefix + begin)).map((key) => key.slice(prefix.length)),
})
