import * as sdk from './src/index.ts'
import { indexedDbStorage } from './src/indexed-db-storage.ts'
import { storageCases } from './src/testing-storage.ts'

/** What a test's page has at hand: bundled, and run in a real browser. */
const page = {
  sdk,
  /** The failures of IndexedDB, each case on a database of its own. */
  async storageFailures(): Promise<string[]> {
    const failures: string[] = []
    for (const { name, run } of storageCases) {
      const place = `case ${name}`
      await run(() => indexedDbStorage(place)).catch((error: unknown) => failures.push(`${name}: ${error}`))
    }
    return failures
  },
  storageCases: storageCases.length,
  indexedDbStorage,
  /** Kept by a test from one `evaluate` to the next. */
  room: undefined as sdk.Room | undefined,
  parley: undefined as sdk.Parley | undefined,
  errors: [] as string[],
}
declare global {
  var testPage: TestPage
}
type TestPage = typeof page
globalThis.testPage = page
