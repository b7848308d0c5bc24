import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { errors } from '../../client-sdk/contract/index.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { openApi } from './document.ts'
import { page } from './page.ts'

let w: Rest
const pages: Record<string, { html: string; policy: string }> = {}
beforeAll(async () => {
  w = await restWorld()
  for (const path of ['/', '/docs', '/errors', '/asyncapi']) {
    const response = await w.app.request(path)
    expect(response.headers.get('Content-Type')).toMatch(/^text\/html/)
    pages[path] = { html: await response.text(), policy: response.headers.get('Content-Security-Policy')! }
  }
})
afterAll(() => w.close())

test('the page has every operation: its method and path, who may, and what may go wrong', () => {
  const { html } = pages['/docs']!
  for (const [path, its] of Object.entries(openApi(w.app, '').paths))
    for (const [method, operation] of Object.entries(its)) {
      const section = html.split(`<section id="${operation.operationId}">`)[1]?.split('</section>')[0] ?? ''
      expect(section).toContain(`<code>${method.toUpperCase()} ${path}</code>`)
      expect(section).toContain(`Who may: <code>${operation['x-parley-allow']}</code>`)
      for (const code of operation['x-parley-errors']) expect(section).toContain(`<a href="errors#${code}">`)
      for (const { name } of operation.parameters) expect(section).toContain(`<td><code>${name}</code>`)
    }
})

test('a problem’s type leads to its code’s place, where its status and meaning are', async () => {
  const { body } = await w.call('GET', '/api/v1/me')
  const { pathname, hash } = new URL(String(body.type), 'http://x.example')
  const row = pages[pathname]!.html.split(`<tr id="${hash.slice(1)}">`)[1]!.split('\n')[0]!
  expect(row).toMatch(/<code>session.required<\/code><td>401<td>no<td>The call needs a session/)
  for (const code of Object.keys(errors)) expect(pages['/errors']!.html).toContain(`<tr id="${code}">`)
})

test('the pages’ own style is allowed, and nothing else is, nor is there anything else', () => {
  for (const { html, policy } of Object.values(pages)) {
    const [, style] = /<style>(.*?)<\/style>/s.exec(html)!
    const hash = createHash('sha256').update(style!).digest('base64')
    expect(policy).toBe(`default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`)
    expect(html).not.toMatch(/<script|<img|<link|<iframe|\sstyle=|\son\w+=|\ssrc=|@import|url\(/i)
  }
})

test('every link leads to a place that is there', async () => {
  const { html } = pages['/docs']!
  const ids = new Set(Array.from(html.matchAll(/ id="([^"]*)"/g), ([, id]) => id!))
  const links = new Set(Array.from(html.matchAll(/ href="([^"]*)"/g), ([, href]) => href!))
  expect(links.size).toBeGreaterThan(100)
  expect(html.match(/ id="/g)).toHaveLength(ids.size)
  for (const href of links) {
    const [path, anchor] = href.split('#')
    if (path === '') expect(ids).toContain(anchor)
    else if (anchor) expect(pages[`/${path}`]!.html).toContain(` id="${anchor}"`)
    else expect((await w.app.request(`/${path}`)).status).toBe(200)
  }
})

test('the welcome page leads to both pages', () => {
  for (const path of ['/docs', '/errors']) expect(pages['/']!.html).toContain(`href="${path}"`)
})

test('the page begins with how to call: signing in, what sends a change again, and its version', () => {
  const beginning = pages['/docs']!.html.split('<nav>')[0]!
  for (const said of [
    '/api/v1/sessions',
    'Authorization: Bearer',
    'Idempotency-Key',
    'If-Match: &#34;3&#34;',
    'retryAfter',
    'Parley-Protocol',
  ])
    expect(beginning).toContain(said)
  expect(beginning).toContain('<a href="errors">')
  expect(beginning).not.toContain('.demo')
  expect(page(openApi(w.app, 'http://x.example/', true))).toMatch(/http:\/\/x\.example\/api\/v1\/sessions .*\n.*nora@brand\.demo/)
})

test('a move shows the machine’s rows: from, move, who and to', () => {
  const { html } = pages['/docs']!
  const row = (...cells: string[]) => `<tr>${cells.map((cell, i) => `<td>${i === 2 ? cell : `<code>${cell}</code>`}`).join('')}\n`
  expect(html).toContain(row('draft', 'publish', 'owner, manager, system', 'open'))
  expect(html).toContain(row('closed', 'complete', 'system', 'completed'))
  expect(html).toContain(row('submitted', 'withdraw', 'creator', 'withdrawn'))
  expect(html).not.toContain('<code>agreed</code><td><code>withdraw')
})

test('the index has each operation’s method and path, and integers their range', () => {
  const { html } = pages['/docs']!
  expect(html).toContain('<li><a href="#campaign.move">campaign.move</a> <code>POST /api/v1/campaigns/{campaignId}/moves</code>')
  expect(html).toContain('<td><code>limit</code> <small>optional</small><td>query<td>integer<td>1 to 100, <code>20</code> unless said')
  expect(html).toMatch(/<code>creators<\/code> <small>optional<\/small><td>integer or null<td>1 to 10000/)
})

test('whatever a schema or a text says, it is text on the page', () => {
  const evil = '"><script>alert(1)</script>\'&'
  const document = openApi(w.app, 'http://x.example')
  document.info.title = evil
  const operation = document.paths['/api/v1/rooms']!.post!
  Object.assign(operation, { summary: evil, operationId: evil })
  operation.parameters.push({ name: evil, in: 'query', required: true, description: evil, schema: { type: evil, default: evil } })
  operation.requestBody!.description = evil
  document.components.schemas[evil] = { description: evil, type: 'object', properties: { [evil]: { type: evil, enum: [evil] } } }
  const shown = page(document)
  expect(shown).not.toMatch(/<script/i)
  expect(shown.split('&#60;script&#62;').length).toBeGreaterThan(8)
})
