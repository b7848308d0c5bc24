import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRedis, type Redis } from '../persistence/redis.ts'
import { startTestRedis, type TestRedis } from '../persistence/testing-redis.ts'
import { context } from '../server/ctx.ts'
import { blockPerson, unblockPerson } from '../server/people/block-person.ts'
import { signIn } from '../server/sessions/sign-in.ts'
import { commandId, PASSWORD } from '../server/testing.ts'
import { REQUESTS } from './adapter.ts'
import { hub, type TestHub, type TestNode } from './testing.ts'

/** The promise is a second; this is its ceiling on a busy machine, in ms. */
const CEILING = 3_000

describe.each(['without Redis', 'with Redis'])('a block, %s', (how) => {
  let server: TestRedis | undefined
  let links: Redis[] = []
  let h: TestHub
  let far: TestNode
  beforeAll(async () => {
    if (how === 'with Redis') {
      server = await startTestRedis()
      links = [openRedis(server.url), openRedis(server.url)]
    }
    h = await hub({ redis: links[0] })
    far = await h.node({ redis: links[1] })
    while (links[0] && (await links[0].listeners(REQUESTS)) !== 2) await sleep(10)
  })
  afterAll(async () => {
    await h?.close()
    for (const link of links) link.close()
    await server?.close()
  })

  test('P6: reaches the other node within a second: every socket is closed, and nothing committed after it is heard', async () => {
    const admin = await h.person('admin')
    const { roomId, owner, creator } = await h.negotiation()
    const blocked = [await h.client(creator, {}, far.url), await h.client(creator)]
    const speaker = await h.client(owner)
    const ends: string[] = []
    for (const client of blocked) {
      await client.do('room.join', { roomId })
      client.socket.on('session.ending', ({ code }) => ends.push(code))
    }
    await speaker.do('chat.send', { commandId: commandId(), roomId, text: 'before' })
    await expect.poll(() => blocked[0]!.heard.length).toBe(1)

    const command = { commandId: commandId(), userId: creator.userId }
    await blockPerson(h.as(admin), command)
    const began = performance.now()
    const after = await speaker.do('chat.send', { commandId: commandId(), roomId, text: 'after' })
    for (const client of blocked) client.ask('chat.send', { commandId: commandId(), roomId, text: 'me too' }).catch(() => {}) // in vain, see below
    await expect.poll(() => blocked.map((client) => client.socket.connected), { timeout: CEILING, interval: 10 }).toEqual([false, false])
    expect(performance.now() - began).toBeLessThan(CEILING)
    expect(ends).toEqual(['person.blocked', 'person.blocked'])
    for (const client of blocked) expect(client.heard.every((event) => event.seq < after.seq)).toBe(true)
    expect((await h.db.log.readAfter(roomId, 0, 100)).events.at(-1)?.seq).toBe(after.seq)

    const knock = () => signIn(context(h.house, null), { email: creator.email, password: PASSWORD }, '192.0.2.1')
    await expect(knock()).rejects.toMatchObject({ code: 'person.blocked' })
    await unblockPerson(h.as(admin), { ...command, commandId: commandId() })
    const { accessToken: token } = await knock()
    const back = await h.client(creator, { token }, far.url)
    expect(await back.ask('room.join', { roomId })).toMatchObject({ ok: true })
  })

  test('only administrators block, and a wrong password learns nothing of it', async () => {
    const [admin, brand, creator] = [await h.person('admin'), await h.person('brand'), await h.person('creator')]
    const command = { commandId: commandId(), userId: creator.userId }
    expect(() => blockPerson(h.as(brand), command)).toThrow(expect.objectContaining({ code: 'access.denied' }))
    await blockPerson(h.as(admin), command)
    expect(await blockPerson(h.as(admin), command)).toEqual({ userId: creator.userId })
    const wrong = signIn(context(h.house, null), { email: creator.email, password: 'wrong' }, '192.0.2.2')
    await expect(wrong).rejects.toMatchObject({ code: 'session.badCredentials' })
  })
})
