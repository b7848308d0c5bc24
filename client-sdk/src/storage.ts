/**
 * Where a client keeps what outlives it, as text by key. Synchronous or not. Each call takes effect whole or not at all, and
 * in the order in which the calls were made. Keys have at most 200 characters.
 */
export type ClientStorage = {
  /** Null, or undefined, where there is nothing of this key. */
  get(key: string): string | null | undefined | Promise<string | null | undefined>
  /** Puts a value in the place of what was there. A promise resolves once that is kept for good. */
  set(key: string, value: string): unknown
  /** Harmless where there is nothing. */
  delete(key: string): unknown
  /** Every key that begins so, in any order. */
  keys(prefix: string): readonly string[] | Promise<readonly string[]>
}

/** Forgets all with the page. */
export function memoryStorage(): ClientStorage {
  const kept = new Map<string, string>()
  return {
    get: (key) => kept.get(key) ?? null,
    set: (key, value) => void kept.set(key, value),
    delete: (key) => void kept.delete(key),
    keys: (prefix) => [...kept.keys()].filter((key) => key.startsWith(prefix)),
  }
}
