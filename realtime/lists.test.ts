import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { ApplicationCard, CampaignCard, newId, type StreamId, type UserId } from '../client-sdk/contract/index.ts'
import { openRedis } from '../persistence/redis.ts'
import { startTestRedis } from '../persistence/testing-redis.ts'
import { removeFromTeam } from '../server/brands/change-team.ts'
import { updateBrand } from '../server/brands/update-brand.ts'
import { inviteCreator, uninviteCreator } from '../server/campaigns/guests.ts'
import { updateCampaign } from '../server/campaigns/update-campaign.ts'
import { blockPerson } from '../server/people/block-person.ts'
import { commandId } from '../server/testing.ts'
import { Lists } from './lists.ts'
import { hub, type TestHub, type TestNode } from './testing.ts'
import {
  applicationsHeard,
  apply,
  brandsHeard,
  campaignsHeard,
  draft,
  type ListReader,
  listReader,
  type Market,
  market,
  publish,
  shortlist,
} from './testing-market.ts'

/** The promise is a second and a half; this is its ceiling on a busy machine, in ms. */
const ceiling = { timeout: 6_000, interval: 10 }
/** Longer than any whisper that is on its way takes, in ms. */
const SILENCE = 1_500

let h: TestHub
let far: TestNode
beforeAll(async () => {
  h = await hub()
  far = await h.node()
})
afterAll(() => h?.close())

const rename = async ({ owner, campaignId }: Market, title: string) => {
  const { rows } = await h.db.pool.query<{ version: number }>('select version from campaign where id = $1', [campaignId])
  return updateCampaign(h.as(owner), { commandId: commandId(), campaignId, version: rows[0]!.version, title })
}
const titles = (one: ListReader) => new Set(campaignsHeard(one).map(({ title }) => title))
let fences = 0
/**
 * What each of them, who sees this campaign, has been told of all that was committed until now. A whisper tells how things stand, so one from before
 * may show the first fence already; the second is shown by no whisper before the one that has all from before the first.
 */
async function heardBy(m: Market, ...all: ListReader[]): Promise<string[]> {
  for (const _ of ['first', 'second']) {
    const title = `Fence ${++fences}`
    await rename(m, title)
    for (const one of all) await vi.waitFor(() => expect(titles(one)).toContain(title), ceiling)
  }
  return all.map(({ lists }) => JSON.stringify(lists))
}
/**
 * From here on. A whisper tells how things stand: the one before the fence's own may tell of the fence already, and then its own is
 * still to come.
 */
async function forget(m: Market, ...all: ListReader[]): Promise<void> {
  await heardBy(m, ...all)
  const told = () => all.reduce((sum, { lists }) => sum + lists.length, 0)
  for (let before = -1; before !== told(); ) {
    before = told()
    await sleep(SILENCE)
  }
  for (const one of all) one.lists.length = 0
}

async function meetOn(h: TestHub, far: TestNode): Promise<void> {
  const m = await market(h)
  const ann = await h.person('creator')
  const place = await apply(h, ann, m.campaignId)
  const [brand, creator] = [await listReader(h, m.owner), await listReader(h, ann, far.url)]
  for (const one of [brand, creator]) await one.do('room.join', { roomId: place.roomId })
  const say = (text: string) => brand.do('chat.send', { commandId: commandId(), roomId: place.roomId, text })
  await say('before')
  await shortlist(h, m.manager, place)
  await say('after')
  await vi.waitFor(() => expect(applicationsHeard(creator).at(-1)).toMatchObject({ state: 'shortlisted', version: 2 }), ceiling)
  await vi.waitFor(() => expect(applicationsHeard(brand).at(-1)).toEqual(applicationsHeard(creator).at(-1)), ceiling)
  expect(ApplicationCard.parse(applicationsHeard(brand).at(-1))).toMatchObject({ ...place, state: 'shortlisted', version: 2 })
  for (const { heard } of [brand, creator]) {
    await vi.waitFor(() => expect(heard.length).toBe(3), ceiling)
    expect(heard.map(({ type }) => type)).toEqual(['chat.messageSent', 'application.statusChanged', 'chat.messageSent'])
    expect(heard.map(({ seq }) => seq)).toEqual([0, 1, 2].map((n) => heard[0]!.seq + n))
  }
}
const REACHES = 'a status changed on one node is in the other side’s open room on another, in order with the chat, and in both sides’ lists'
test(`${REACHES}: with Redis`, async () => {
  const server = await startTestRedis()
  const links = [openRedis(server.url), openRedis(server.url)] as const
  const h = await hub({ redis: links[0] })
  onTestFinished(async () => {
    await h.close()
    for (const link of links) link.close()
    await server.close()
  })
  await meetOn(h, await h.node({ redis: links[1] }))
})

// Each has a brand and people of its own, and waits for whispers most of the time.
describe.concurrent('by the log alone', () => {
  test(REACHES, () => meetOn(h, far))

  test('creators of one campaign never hear of each other’s applications, and another brand hears of neither', async () => {
    const [m, other] = [await market(h), await market(h)]
    const [ann, bob] = [await h.person('creator', 'Ann'), await h.person('creator', 'Bob')]
    const [anns, bobs] = [await apply(h, ann, m.campaignId), await apply(h, bob, m.campaignId)]
    const [hers, his] = [await listReader(h, ann, far.url), await listReader(h, bob, far.url)]
    const strangers = await Promise.all([other.owner, other.viewer].map((person) => listReader(h, person, far.url)))
    const team = await listReader(h, m.viewer, far.url)
    await forget(m, hers, his, team)
    await forget(other, ...strangers)
    await shortlist(h, m.owner, anns)
    await shortlist(h, m.owner, bobs)
    const [ofAnn, ofBob] = await heardBy(m, hers, his, team)
    expect(ofAnn).not.toMatch(new RegExp([bob.userId, bobs.applicationId, bobs.roomId, 'Bob'].join('|')))
    expect(ofBob).not.toMatch(new RegExp([ann.userId, anns.applicationId, anns.roomId, 'Ann'].join('|')))
    const mine = (one: ListReader) => [...new Set(applicationsHeard(one).map(({ applicationId }) => applicationId))].sort()
    expect([mine(hers), mine(his)]).toEqual([[anns.applicationId], [bobs.applicationId]])
    expect(mine(team)).toEqual([anns.applicationId, bobs.applicationId].sort())
    for (const heard of await heardBy(other, ...strangers)) {
      for (const { applicationId, campaignId } of applicationsHeard(team))
        expect(heard).not.toMatch(new RegExp(`${applicationId}|${campaignId}`))
    }
  })

  test('a draft is the team’s; what is published for everybody every creator hears of, and what is for guests only they', async () => {
    const m = await market(h)
    const [ann, guest] = [await h.person('creator'), await h.person('creator')]
    const [anyone, invited, team] = [
      await listReader(h, ann, far.url),
      await listReader(h, guest, far.url),
      await listReader(h, m.viewer, far.url),
    ]
    const [open, closed] = [
      await draft(h, m, { title: 'Open to all' }),
      await draft(h, m, { title: 'Behind doors', visibility: 'invited' }),
    ]
    await inviteCreator(h.as(m.owner), { commandId: commandId(), campaignId: closed.campaignId, email: guest.email })
    const [ofAnyone, ofInvited, ofTeam] = await heardBy(m, anyone, invited, team)
    for (const title of ['Open to all', 'Behind doors']) {
      expect(ofTeam).toContain(title)
      for (const heard of [ofAnyone, ofInvited]) expect(heard).not.toContain(title)
    }
    await publish(h, m.owner, open.campaignId)
    await publish(h, m.owner, closed.campaignId)
    const [later, laterInvited] = await heardBy(m, anyone, invited)
    for (const title of ['Open to all', 'Behind doors']) expect(laterInvited).toContain(title)
    expect(later).not.toContain('Behind doors')
    const card = campaignsHeard(anyone).find(({ campaignId }) => campaignId === open.campaignId)
    expect(CampaignCard.parse(card)).toMatchObject({ title: 'Open to all', state: 'open', version: 2 })
    await forget(m, invited)
    await uninviteCreator(h.as(m.owner), { commandId: commandId(), campaignId: closed.campaignId, email: guest.email })
    await rename({ ...m, campaignId: closed.campaignId }, 'No more for guests')
    expect((await heardBy(m, invited))[0]).not.toContain('No more for guests')
  })

  test('who is removed from a team hears that, and nothing after; who is blocked hears nothing', async () => {
    const m = await market(h)
    const ann = await h.person('creator')
    const place = await apply(h, ann, m.campaignId)
    const [owner, manager, creator] = [
      await listReader(h, m.owner, far.url),
      await listReader(h, m.manager, far.url),
      await listReader(h, ann, far.url),
    ]
    await forget(m, owner, manager, creator)
    const nothing = { campaigns: [], applications: [] }
    await removeFromTeam(h.as(m.owner), { commandId: commandId(), brandId: m.brandId, userId: m.manager.userId })
    for (const one of [owner, manager]) await vi.waitFor(() => expect(one.lists).toEqual([{ ...nothing, brands: [m.brandId] }]), ceiling)
    await blockPerson(h.asSystem(), { commandId: commandId(), userId: ann.userId })
    await updateBrand(h.as(m.owner), { commandId: commandId(), brandId: m.brandId, version: 1, name: 'Another name' })
    await shortlist(h, m.owner, place)
    await heardBy(m, owner)
    expect(applicationsHeard(owner).at(-1)).toMatchObject({ state: 'shortlisted', brand: { name: 'Another name' } })
    expect(brandsHeard(owner)).toEqual([m.brandId, m.brandId])
    expect(manager.lists).toHaveLength(1)
    expect(JSON.stringify(creator.lists)).not.toMatch(new RegExp(`${m.campaignId}|${place.applicationId}`))
  })

  test('many changes are told at most once a second, as it stands then', async () => {
    const m = await market(h)
    const owner = await listReader(h, m.owner, far.url)
    await forget(m, owner)
    const began = performance.now()
    for (let n = 1; n <= 30; n++) await rename(m, `Title ${n}`)
    await vi.waitFor(() => expect(campaignsHeard(owner).at(-1)?.title).toBe('Title 30'), ceiling)
    expect(owner.lists.length).toBeLessThanOrEqual(2 + (performance.now() - began) / 1_000)
    expect(h.failures).toEqual([])
  })

  test('what an open write makes the log tell again and again is heard once', async () => {
    const m = await market(h)
    const owner = await listReader(h, m.owner)
    await forget(m, owner)
    const writer = new pg.Client(h.databaseUrl)
    await writer.connect()
    try {
      await writer.query('begin')
      await writer.query('select pg_current_xact_id()')
      await rename(m, 'Once')
      await sleep(2 * SILENCE)
      expect(campaignsHeard(owner)).toMatchObject([{ title: 'Once' }])
    } finally {
      await writer.end()
    }
  })
})

test('while people only talk, nothing is asked for lists', async () => {
  const m = await market(h)
  const place = await apply(h, await h.person('creator'), m.campaignId)
  const [owner, away] = [await listReader(h, m.owner), await listReader(h, m.owner, far.url)]
  await forget(m, owner, away)
  const asked: string[] = []
  const realQuery = pg.Client.prototype.query
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    asked.push((args[0] as { name?: string }).name ?? '')
    return Reflect.apply(realQuery, this, args)
  } as typeof realQuery
  try {
    for (let n = 0; n < 50; n++) await owner.do('chat.send', { commandId: commandId(), roomId: place.roomId, text: `${n}` })
    await sleep(SILENCE)
  } finally {
    pg.Client.prototype.query = realQuery
  }
  expect(asked).toContain('grown_since')
  expect(asked.filter((name) => name.startsWith('listed'))).toEqual([])
})

test('what could not be read is told later, and nothing of it is lost; with nobody there nothing is read', async () => {
  const [room, user] = [newId<StreamId>(), newId<UserId>()]
  const asked: unknown[] = []
  const told: unknown[] = []
  const failures: unknown[] = []
  let users: UserId[] = []
  const lists = new Lists({
    users: () => users,
    changes: async (streams) => {
      asked.push(streams)
      if (asked.length === 1) throw new Error('away')
      return { campaigns: [], applications: [], brands: streams.map(({ streamId }) => ({ item: streamId as never, users })) }
    },
    tell: (hearers, change) => told.push([hearers, change]),
    failed: (error) => failures.push(error),
  })
  lists.changed(room, 7)
  await sleep(50)
  expect(asked).toEqual([])
  users = [user]
  lists.changed(room, 7)
  await vi.waitFor(() => expect(failures.length).toBe(1), ceiling)
  lists.changed(room, 9)
  await vi.waitFor(() => expect(told).toEqual([[[user], { campaigns: [], applications: [], brands: [room] }]]), ceiling)
  expect(asked).toEqual([[{ streamId: room, first: 7 }], [{ streamId: room, first: 7 }]])
  lists.close()
  lists.changed(room, 10)
  await sleep(1_200)
  expect(told).toHaveLength(1)
})
