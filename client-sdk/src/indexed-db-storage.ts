import type { ClientStorage } from './storage.ts'

const KEPT = 'kept'

/**
 * Keeps in the browser's IndexedDB, in a database of this name, which all tabs of the site share. Calls reject with
 * what the browser says: storage refused or full, the database deleted under it. The next call opens it anew.
 */
export function indexedDbStorage(name = 'parley'): ClientStorage {
  let opening: Promise<IDBDatabase> | null = null
  const forget = () => {
    opening = null
  }
  const open = (): Promise<IDBDatabase> => {
    opening ??= openDatabase(name, forget).catch((error: unknown) => {
      forget()
      throw error
    })
    return opening
  }

  /** IndexedDB runs overlapping transactions in the order in which they were begun. */
  async function run<T>(mode: IDBTransactionMode, ask: (kept: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const begin = (db: IDBDatabase) => db.transaction(KEPT, mode, { durability: 'strict' })
    const db = await open()
    let transaction: IDBTransaction
    try {
      transaction = begin(db)
    } catch {
      forget() // it was closed meanwhile
      transaction = begin(await open())
    }
    const request = ask(transaction.objectStore(KEPT))
    transaction.commit() // at once, so that it needs no page to wait for it: what is written as a page goes is kept
    return committed(transaction, request)
  }

  return {
    get: (key) => run<string | undefined>('readonly', (kept) => kept.get(key)),
    set: (key, value) => run('readwrite', (kept) => kept.put(value, key)),
    delete: (key) => run('readwrite', (kept) => kept.delete(key)),
    keys: async (prefix) => {
      const keys = await run('readonly', (kept) => kept.getAllKeys(IDBKeyRange.lowerBound(prefix)))
      return keys.filter((key): key is string => typeof key === 'string' && key.startsWith(prefix))
    },
  }
}

/** `gone`: the connection is of no more use. A tab that deletes or upgrades the database does not wait for this one. */
function openDatabase(name: string, gone: () => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = globalThis.indexedDB.open(name, 1)
    let refused = false
    request.onupgradeneeded = () => request.result.createObjectStore(KEPT)
    request.onblocked = () => {
      refused = true
      reject(new Error(`The database ${name} is held by another page`))
    }
    request.onerror = () => reject(request.error)
    request.onsuccess = () => {
      const db = request.result
      if (refused) return db.close() // too late: nobody waits for it
      db.onclose = gone
      db.onversionchange = () => {
        gone()
        db.close()
      }
      resolve(db)
    }
  })
}

/** Only a transaction that is complete is kept: a full disk shows at its end. */
const committed = <T>(transaction: IDBTransaction, request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result)
    transaction.onabort = () => reject(transaction.error ?? new Error('The transaction was given up'))
  })
