import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commands, errors, events, whispers } from '../../client-sdk/contract/index.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { asyncApi } from './document.ts'
import { page } from './page.ts'

let w: Rest
let html: string
let policy: string
beforeAll(async () => {
  w = await restWorld()
  const response = await w.app.request('/asyncapi')
  html = await response.text()
  policy = response.headers.get('Content-Security-Policy')!
  expect(response.headers.get('Content-Type')).toMatch(/^text\/html/)
})
afterAll(() => w.close())

test('the page names every command, event, whisper and error', () => {
  for (const name of [...Object.keys(commands), ...Object.keys(whispers)]) expect(html).toContain(`<h3>${name}</h3>`)
  for (const name of Object.keys(events)) expect(html).toContain(`<h3 id="shape-${name}">`)
  for (const code of Object.keys(errors)) expect(html).toContain(`<tr id="error-${code}">`)
})

test('the page’s own style is allowed, and nothing else is, nor is there anything else', () => {
  const [, style] = /<style>(.*?)<\/style>/s.exec(html)!
  const hash = createHash('sha256').update(style!).digest('base64')
  expect(policy).toBe(`default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`)
  expect(html).not.toMatch(/<script|<img|<link|<iframe|\sstyle=|\son\w+=|\ssrc=|@import|url\(/i)
})

test('every link of the page leads to a place in it, or to the document', () => {
  const ids = new Set(Array.from(html.matchAll(/ id="([^"]*)"/g), ([, id]) => id!))
  const links = Array.from(html.matchAll(/ href="([^"]*)"/g), ([, href]) => href!)
  expect(links.length).toBeGreaterThan(100)
  expect(links.filter((href) => href !== 'asyncapi.json' && !ids.has(href.slice(1)))).toEqual([])
  expect(html.match(/ id="/g)).toHaveLength(ids.size)
})

test('a field that is optional shows its type all the same', () => {
  expect(html).toMatch(/<code>replyTo<\/code> <small>optional<\/small><td><a href="#shape-Seq">Seq<\/a>/)
})

test('other pages stay forbidden everything, and the welcome page leads here', async () => {
  const other = await w.app.request('/readyz')
  expect(other.headers.get('Content-Security-Policy')).toBe("default-src 'none'; frame-ancestors 'none'")
  expect(await (await w.app.request('/')).text()).toContain('href="/asyncapi"')
})

test('the document is served as it is made', async () => {
  const { status, body } = await w.call('GET', '/asyncapi.json')
  expect([status, body]).toEqual([200, JSON.parse(JSON.stringify(asyncApi('http://127.0.0.1:3000')))])
})

test('whatever a schema or a text says, it is text on the page', () => {
  const evil = '"><script>alert(1)</script>\'&'
  const document = asyncApi('http://x.example')
  document.info.title = evil
  document.operations['chat.send']!.summary = evil
  document.components.schemas.Handshake!.properties = { [evil]: { type: evil, enum: [evil] }, b: { $ref: `#/${evil}`, description: evil } }
  document.components.messages['chat.send']!.examples = [{ payload: { [evil]: evil } }]
  const shown = page(document)
  expect(shown).not.toMatch(/<script/i)
  expect(shown.split('&#60;script&#62;').length).toBeGreaterThan(8)
})
