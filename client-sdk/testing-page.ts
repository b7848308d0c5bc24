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
  /** Visits a room as an app would, with all that outlives the page. */
  visit({ url, token, user, roomId }: { url: string; token: string; user: string; roomId: string }): void {
    const onError = (error: unknown) => page.errors.push(String(error))
    page.parley = sdk.connect({ url, user, getToken: async () => token, storage: indexedDbStorage(), onError, random: () => 0.1 })
    page.room = page.parley.room(roomId)
    void page.room.join()
  },
  /** What such a visit shows. */
  seen() {
    const { status, waiting, unsaved, rev, messages } = page.room!.state
    return { status, waiting, unsaved, rev, texts: messages.map(({ text }) => text) }
  },
  send: (texts: string[]) => {
    for (const text of texts) void page.room!.send(text)
  },
  room: undefined as sdk.Room | undefined,
  parley: undefined as sdk.Parley | undefined,
  errors: [] as string[],
}
declare global {
  var testPage: TestPage
}
type TestPage = typeof page
globalThis.testPage = page
