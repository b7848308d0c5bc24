import { OpenAPIHono } from '@hono/zod-openapi'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { descriptions } from '../client-sdk/contract/descriptions.ts'
import type { Rule } from '../client-sdk/contract/index.ts'
import { type AppEnv, assertEveryRouteHasARule, json, route, router, rulesOf, use } from './route.ts'

const ok = json(z.object({ ok: z.boolean() }), 'Fine')
const named = { id: 'thing.get', summary: 'A thing.' }
const ruled = route({ ...named, method: 'get', path: '/ruled', allow: 'signedIn', responses: { 200: ok } })
const app = () => router().openapi(ruled, (c) => c.json({ ok: true }, 200))

test('an app whose routes all have a rule may start, mounted wherever', () => {
  const whole = new OpenAPIHono<AppEnv>().route('/api', app())
  expect(rulesOf(whole)).toEqual([{ method: 'GET', path: '/api/ruled', allow: 'signedIn' }])
})

describe('an app does not start with', () => {
  test('a route that went around the helper', () => {
    const bare = app()
    bare.get('/bare', (c) => c.text('hi'))
    expect(() => assertEveryRouteHasARule(bare)).toThrow('GET /bare has no permission rule')
  })
  test('one for every method', () => {
    const bare = app()
    bare.all('/any', (c) => c.text('hi'))
    expect(() => assertEveryRouteHasARule(bare)).toThrow('/any has no permission rule')
  })
  test('one that answers in the middle', () => {
    const bare = app()
    bare.use('/*', async (c) => c.text('hi'))
    expect(() => assertEveryRouteHasARule(bare)).toThrow('has no permission rule')
  })
  test('a wider path that catches what a ruled route was for', () => {
    const bare = new OpenAPIHono<AppEnv>()
    bare.get('/*', (c) => c.text('hi'))
    bare.route('/', app())
    expect(() => assertEveryRouteHasARule(bare)).toThrow('GET /* has no permission rule')
  })
  test('a bare handler before a ruled one of the same path', () => {
    const bare = new OpenAPIHono<AppEnv>()
    bare.get('/ruled', (c) => c.text('hi'))
    bare.route('/', app())
    expect(() => assertEveryRouteHasARule(bare)).toThrow('GET /ruled has no permission rule')
  })
  test('another app mounted as it is', () => {
    const bare = app()
    bare.mount('/other', () => new Response('hi'))
    expect(() => assertEveryRouteHasARule(bare)).toThrow('has no permission rule')
  })
})

test('what was declared to run around routes needs no rule', () => {
  const whole = app()
  use(whole, '*', (_, next) => next())
  assertEveryRouteHasARule(whole)
})

test('a rule must be one of the contract’s, and be there', () => {
  const declared = { ...named, method: 'get', path: '/x', responses: { 200: ok } } as const
  expect(() => route({ ...declared, allow: 'everyone' as Rule })).toThrow('no permission rule everyone')
  // @ts-expect-error it does not compile without one
  expect(() => route(declared)).toThrow('no permission rule')
})

test('a route has an id, and a line for people unless the id is a command’s', () => {
  const declared = { method: 'get', path: '/x', allow: 'anyone', responses: { 200: ok } } as const
  expect(route({ ...declared, id: 'chat.send' })).toMatchObject({
    operationId: 'chat.send',
    tags: ['chat'],
    summary: descriptions.commands['chat.send'],
  })
  // @ts-expect-error it does not compile without one
  route({ ...declared, id: 'chat.whatever' })
  // @ts-expect-error nor without an id
  expect(() => route({ ...declared, summary: 'A thing.' })).toThrow()
})

test('a handler sees its input’s types, and may answer only what was declared', () => {
  const body = { content: { 'application/json': { schema: z.object({ n: z.number() }) } }, required: true as const }
  const typed = route({ ...named, method: 'post', path: '/n/{id}', allow: 'anyone', request: { body }, responses: { 200: ok } })
  router().openapi(typed, (c) => {
    expectTypeOf(c.req.valid('json')).toEqualTypeOf<{ n: number }>()
    return c.json({ ok: true }, 200)
  })
  // @ts-expect-error another shape
  router().openapi(typed, (c) => c.json({ ok: 'yes' }, 200))
})
