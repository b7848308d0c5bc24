import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser, type TestBrowser } from '../client-sdk/testing-browser.ts'

let browser: TestBrowser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
})

test('P1 in IndexedDB: what every storage has to do', async () => {
  const page = await browser.open(await browser.context())
  expect(await page.evaluate(() => testPage.storageCases)).toBeGreaterThan(5)
  expect(await page.evaluate(() => testPage.storageFailures())).toEqual([])
})

test('P1 IndexedDB deleted under it, by another tab or by the person, is opened anew', async () => {
  const context = await browser.context()
  const [page, other] = [await browser.open(context), await browser.open(context)]
  const found = await page.evaluate(async () => {
    const storage = testPage.indexedDbStorage('deleted')
    await storage.set('a', '1')
    Object.assign(globalThis, { storage })
    return storage.get('a')
  })
  expect(found).toBe('1')
  await other.evaluate(
    () =>
      new Promise<void>((done, failed) => {
        const request = indexedDB.deleteDatabase('deleted')
        request.onsuccess = () => done()
        request.onblocked = () => failed(new Error('blocked'))
      }),
  )
  const after = await page.evaluate(async () => {
    const { storage } = globalThis as unknown as { storage: ReturnType<typeof testPage.indexedDbStorage> }
    const gone = await storage.get('a')
    await storage.set('a', '2')
    return [gone ?? null, await storage.get('a')]
  })
  expect(after).toEqual([null, '2'])
})
