/** Where a little is kept between visits, such as `localStorage` behind three functions. Synchronous or not. */
export type ClientStorage = {
  get(key: string): string | null | undefined | Promise<string | null | undefined>
  set(key: string, value: string): unknown
  delete(key: string): unknown
}

/** Forgets all with the page. */
export function memoryStorage(): ClientStorage {
  const kept = new Map<string, string>()
  return {
    get: (key) => kept.get(key) ?? null,
    set: (key, value) => void kept.set(key, value),
    delete: (key) => void kept.delete(key),
  }
}
