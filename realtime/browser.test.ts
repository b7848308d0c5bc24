import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { RoomId } from '../client-sdk/contract/index.ts'
import { openBrowser, type TestBrowser } from '../client-sdk/testing-browser.ts'
import type { TestPerson } from '../server/testing.ts'
import { layWire, type Wire } from './faults/testing-wire.ts'
import { hub, type TestHub } from './testing.ts'

/** A browser on a busy machine takes its time; nothing here is measured. */
vi.setConfig({ testTimeout: 180_000 })

let h: TestHub
let browser: TestBrowser
beforeAll(async () => {
  ;[h, browser] = await Promise.all([hub(), openBrowser()])
})
afterAll(async () => {
  await Promise.all([browser?.close(), h?.close()])
})

/** Between the browser and the hub, but not between it and its page: what a hub that is down looks like. */
let wire: Wire
let context: BrowserContext
let mia: TestPerson
let roomId: RoomId
let token: string
beforeEach(async () => {
  ;[wire, context] = await Promise.all([layWire(h.url), browser.context()])
  const room = await h.negotiation()
  mia = room.creator
  roomId = room.roomId
  token = (await h.session(mia)).accessToken
})
afterEach(async () => {
  await context.close()
  await wire.close()
})

const seen = (page: Page) => page.evaluate(() => testPage.seen())
const send = (page: Page, ...texts: string[]) => page.evaluate((all) => testPage.send(all), texts)
const errors = (page: Page) => page.evaluate(() => testPage.errors)
/** `seen` in the end. */
const shows = (page: Page, what: Partial<Awaited<ReturnType<typeof seen>>>) =>
  expect.poll(() => seen(page), { timeout: 60_000 }).toMatchObject(what)
async function visit(page: Page): Promise<void> {
  await page.evaluate((options) => testPage.visit(options), { url: wire.url, token, user: mia.userId, roomId })
}
async function tab(): Promise<Page> {
  const page = await browser.open(context)
  await visit(page)
  return page
}
async function reload(page: Page): Promise<void> {
  await page.reload()
  await page.waitForFunction(() => 'testPage' in globalThis)
  await visit(page)
}
/** The words in the log, as somebody who was never there reads them. */
async function log(): Promise<(string | null)[]> {
  const { socket, do: act } = await h.client(mia)
  const { snapshot } = await act('room.join', { roomId })
  socket.close()
  return snapshot!.messages.map(({ text }) => text)
}
const numbered = (name: string, n: number) => Array.from({ length: n }, (_, i) => `${name} ${i + 1}`)

test('P1 in IndexedDB: what every storage has to do', async () => {
  const page = await browser.open(context)
  expect(await page.evaluate(() => testPage.storageCases)).toBeGreaterThan(5)
  expect(await page.evaluate(() => testPage.storageFailures())).toEqual([])
})

test('P4 in Chromium: what was queued without a hub survives a reload, and arrives once and in order', async () => {
  const page = await tab()
  await shows(page, { status: 'live' })
  await send(page, 'online')
  await shows(page, { waiting: 0 })
  wire.cut()
  await shows(page, { status: 'behind' })
  const texts = numbered('offline', 30)
  await send(page, ...texts)
  await shows(page, { waiting: 30, unsaved: 0 })
  await reload(page)
  await shows(page, { status: 'behind', waiting: 30, texts: ['online', ...texts] })
  await send(page, 'after the reload')
  wire.mend()
  await shows(page, { status: 'live', waiting: 0, texts: ['online', ...texts, 'after the reload'] })
  expect(await log()).toEqual(['online', ...texts, 'after the reload'])
  expect(await errors(page)).toEqual([])
})

test('P2 in Chromium: a room is shown before the network answers, and then what was missed', async () => {
  const page = await tab()
  await send(page, ...numbered('before', 3))
  await shows(page, { status: 'live', waiting: 0 })
  wire.cut()
  await reload(page)
  await shows(page, { status: 'behind', texts: numbered('before', 3) })
  const { socket, do: act } = await h.client(mia)
  await act('chat.send', { commandId: crypto.randomUUID(), roomId, text: 'meanwhile' })
  socket.close()
  wire.mend()
  await shows(page, { status: 'live', texts: [...numbered('before', 3), 'meanwhile'] })
})

test('P8 in Chromium: two tabs show the same, online and offline, and nothing is doubled', async () => {
  const [one, other] = [await tab(), await tab()]
  await Promise.all([shows(one, { status: 'live' }), shows(other, { status: 'live' })])
  await Promise.all([send(one, ...numbered('one', 10)), send(other, ...numbered('other', 10))])
  await Promise.all([shows(one, { waiting: 0 }), shows(other, { waiting: 0 })])
  expect(await seen(one)).toEqual(await seen(other))
  wire.cut()
  await shows(other, { status: 'behind' })
  await send(one, 'a', 'b')
  await shows(other, { waiting: 2 })
  await send(other, 'c')
  await shows(one, { waiting: 3, unsaved: 0 })
  wire.mend()
  await Promise.all([shows(one, { status: 'live', waiting: 0 }), shows(other, { status: 'live', waiting: 0 })])
  expect(await seen(one)).toEqual(await seen(other))
  const said = await log()
  expect(said.slice(-3)).toEqual(['a', 'b', 'c'])
  expect(said).toHaveLength(23)
  expect(said.filter((text) => text?.startsWith('one'))).toEqual(numbered('one', 10))
  expect(said.filter((text) => text?.startsWith('other'))).toEqual(numbered('other', 10))
})

test('P8 in Chromium: a tab that is closed while it sends loses nothing, as another takes over', async () => {
  const [one, other] = [await tab(), await tab()]
  await Promise.all([shows(one, { status: 'live' }), shows(other, { status: 'live' })])
  const texts = numbered('message', 80)
  await send(one, ...texts)
  await shows(one, { unsaved: 0 })
  await one.close()
  await shows(other, { status: 'live', waiting: 0, texts })
  expect(await log()).toEqual(texts.slice(-50)) // as long as a snapshot is
})

test('P1 IndexedDB deleted under it, by another tab or by the person, is opened anew', async () => {
  const page = await tab()
  await send(page, 'first')
  await shows(page, { status: 'live', waiting: 0 })
  const other = await browser.open(context)
  await other.evaluate(
    () =>
      new Promise<void>((done, failed) => {
        const request = indexedDB.deleteDatabase('parley')
        request.onsuccess = () => done()
        request.onblocked = () => failed(new Error('blocked'))
      }),
  )
  wire.cut()
  await send(page, 'second')
  await shows(page, { waiting: 1, unsaved: 0 })
  await reload(page)
  await shows(page, { texts: ['first', 'second'] })
  wire.mend()
  await shows(page, { status: 'live', texts: ['first', 'second'] })
})

test('P6 in Chromium: a storage that is refused is reported, and the client goes on in memory', async () => {
  await context.addInitScript(() => {
    Object.defineProperty(globalThis, 'indexedDB', {
      get: () => {
        throw new DOMException('refused', 'SecurityError')
      },
    })
  })
  const page = await tab()
  await send(page, 'all the same')
  await shows(page, { status: 'live', waiting: 0, texts: ['all the same'] })
  expect(await errors(page)).toContain('SecurityError: refused')
})
