import { afterAll, beforeAll, expect, test } from 'vitest'
import { context } from '../ctx.ts'
import { signIn } from '../sessions/sign-in.ts'
import { commandId, type World, world } from '../testing.ts'
import { createPerson } from './create-person.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())
const ada = (email: string) => ({ commandId: commandId(), email, name: 'Ada', role: 'brand' as const, password: 'a long password' })

test('the platform and administrators make people, who can then sign in, in whatever case they write their address', async () => {
  for (const [ctx, email] of [[w.asSystem(), 'Ada@Example.com'] as const, [w.as(await w.person('admin')), 'eve@example.com'] as const]) {
    const { userId } = await createPerson(ctx, ada(email))
    const session = await signIn(context(w.house, null), { email: email.toLowerCase(), password: 'a long password' }, '192.0.2.1')
    expect(session).toMatchObject({ userId, name: 'Ada', role: 'brand' })
    expect((await w.db.log.readAfter(userId, 0, 1)).events).toEqual([])
  }
})

test('nobody else does', async () => {
  for (const role of ['brand', 'creator'] as const) {
    await expect(createPerson(w.as(await w.person(role)), ada('x@example.com'))).rejects.toMatchObject({ code: 'access.denied' })
  }
  await expect(createPerson(context(w.house, null), ada('x@example.com'))).rejects.toMatchObject({ code: 'session.required' })
})

test('an address has one account, even when two are made at once', async () => {
  const both = await Promise.allSettled([
    createPerson(w.asSystem(), ada('two@example.com')),
    createPerson(w.asSystem(), ada('TWO@example.com')),
  ])
  expect(both.map((one) => (one.status === 'fulfilled' ? 'made' : one.reason.code)).sort()).toEqual(['made', 'person.exists'])
  const { rows } = await w.db.pool.query(
    `select 1 from stream where kind = 'user' and not exists (select from person p where p.id = stream.id)`,
  )
  expect(rows).toEqual([])
})

test('sent again it is the same person; with other content it is refused', async () => {
  const command = ada('again@example.com')
  const [first, second] = [await createPerson(w.asSystem(), command), await createPerson(w.asSystem(), command)]
  expect(second).toEqual(first)
  await expect(createPerson(w.asSystem(), { ...command, name: 'Bob' })).rejects.toMatchObject({ code: 'command.reused' })
})
