import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CommandName, commands, type ErrorCode, newId, type Rule } from '../client-sdk/contract/index.ts'
import { commandId, type TestPerson } from '../server/testing.ts'
import {
  type Caller,
  callers,
  cast,
  isRefusal,
  makeTenant,
  refusalFor,
  type Talk,
  type Target,
  type Tenant,
  written,
} from '../server/testing-tenants.ts'
import { hub, type TestClient, type TestHub } from './testing.ts'
import { terms } from './testing-market.ts'

type Asked = { tenant: Tenant; talk: Talk | null; of: Target['of'] }
/** What a command is tried with. */
type Entry = {
  of: 'brand' | 'campaign' | 'application' | 'room' | null
  /** Besides ids of its own and of what it is about. */
  says?: (asked: Asked) => object
  /** Who may can be answered this, too: it asks for what is nowhere, or was done the first time. */
  or?: ErrorCode
  /** The use case asks for more than the command. */
  rule?: Rule
  /** Of a message: who wrote it may without that rule, or nobody else may. */
  author?: 'may' | 'alone'
}

const talked = ({ talk }: Asked) => ({ message: talk!.message })
const version = 999
/** An entry for each command: without one it does not compile. */
const entries: Record<CommandName, Entry> = {
  'session.renew': { of: null, says: () => ({ token: 'x' }), or: 'session.required' },
  'room.join': { of: 'room', says: () => ({ after: 0 }) },
  'room.sync': { of: 'room', says: () => ({ after: 0 }) },
  'room.configure': { of: 'room', says: () => ({ slowMode: 0 }) },
  'room.read': { of: 'room', says: () => ({ seq: 1 }) },
  'room.mute': { of: 'room', says: () => ({ muted: false }) },
  'chat.send': { of: 'room', says: () => ({ text: 'Hello' }) },
  'chat.edit': { of: 'room', says: (asked) => ({ ...talked(asked), text: 'Hello again' }), author: 'alone' },
  'chat.delete': { of: 'room', says: talked, rule: 'moderate', author: 'may' },
  'chat.react': { of: 'room', says: (asked) => ({ ...talked(asked), emoji: '👍' }) },
  'chat.unreact': { of: 'room', says: (asked) => ({ ...talked(asked), emoji: '👍' }) },
  'chat.pin': { of: 'room', says: talked },
  'chat.unpin': { of: 'room', says: talked },
  'room.typing': { of: 'room', says: () => ({ typing: false }) },
  'presence.update': { of: null, says: () => ({ away: false }) },
  'presence.query': { of: 'room', says: () => ({ members: [newId()] }) },
  'profile.put': { of: null, says: () => ({ version }) },
  'brand.create': { of: null, says: () => ({ name: 'Another' }) },
  'brand.update': { of: 'brand', says: () => ({ version, about: 'Words' }) },
  'brand.invite': { of: 'brand', says: () => ({ email: `${newId()}@example.com`, role: 'viewer' }) },
  'brand.revokeInvitation': { of: 'brand', says: () => ({ invitationId: newId() }), or: 'resource.notFound' },
  'brand.acceptInvitation': { of: null, says: () => ({ code: 'x'.repeat(43) }), or: 'resource.notFound' },
  'brand.setRole': { of: 'brand', says: ({ tenant }) => ({ userId: tenant.spare.userId, role: 'viewer' }) },
  'brand.removeMember': { of: 'brand', says: () => ({ userId: newId() }), rule: 'manageTeam', or: 'resource.notFound' },
  'brand.passOn': { of: 'brand', says: () => ({ userId: newId() }), or: 'resource.notFound' },
  'campaign.create': { of: 'brand', says: () => ({ title: 'Another' }) },
  'campaign.update': { of: 'campaign', says: () => ({ version, title: 'Another' }) },
  'campaign.move': { of: 'campaign', says: () => ({ version, move: 'pause' }) },
  'campaign.copy': { of: 'campaign' },
  'campaign.invite': { of: 'campaign', says: () => ({ email: `${newId()}@example.com` }) },
  'campaign.uninvite': { of: 'campaign', says: () => ({ email: 'guest@example.com' }) },
  'campaign.save': { of: 'campaign', says: () => ({ saved: true }) },
  'campaign.redeem': { of: null, says: () => ({ code: '0'.repeat(12) }), or: 'resource.notFound' },
  'application.submit': { of: 'campaign', says: () => ({ cover: 'I would love to' }) },
  'application.move': { of: 'application', says: () => ({ version, move: 'shortlist' }), rule: 'decide' },
  'application.moveMany': {
    of: 'campaign',
    says: ({ tenant }) => ({ move: 'shortlist', applications: [{ applicationId: tenant.application.applicationId, version }] }),
  },
  'application.openNotes': { of: 'application' },
  'offer.propose': { of: 'application', says: () => ({ terms, basedOn: 999 }) },
  'offer.counter': { of: 'application', says: () => ({ offer: 999, terms }), or: 'resource.notFound' },
  'offer.accept': { of: 'application', says: () => ({ offer: 999, hash: '0'.repeat(64) }), or: 'resource.notFound' },
  'offer.decline': { of: 'application', says: () => ({ offer: 999 }), or: 'resource.notFound' },
  'offer.withdraw': { of: 'application', says: () => ({ offer: 999 }), or: 'resource.notFound' },
  'offer.comment': { of: 'application', says: () => ({ offer: 999, term: 'fee', text: 'Hm' }), or: 'resource.notFound' },
  'deliverable.submit': {
    of: 'application',
    says: () => ({ deliverable: 999, links: ['https://www.example.com/'] }),
    or: 'resource.notFound',
  },
  'deliverable.review': { of: 'application', says: () => ({ deliverable: 999, submitted: 1, move: 'approve' }), or: 'resource.notFound' },
  'milestone.move': { of: 'application', says: () => ({ milestone: 20, move: 'invoice' }), or: 'resource.notFound' },
  'deal.resolve': {
    of: null,
    says: () => ({ applicationId: newId(), what: 'milestone', number: 1, move: 'confirm', reason: 'Paid' }),
    or: 'resource.notFound',
  },
  'room.leave': { of: 'room' }, // last: typing takes a room that is open
  'catalogue.put': { of: null, says: () => ({ list: 'platforms', key: 'instagram', name: 'Instagram' }) },
}

type Case = { name: CommandName; as: Exclude<Caller, 'nobody'>; asked: Asked; refusal: ErrorCode | null }
let h: TestHub
let people: Record<Caller, TestPerson | null>
const clients = new Map<Caller, TestClient>()
let cases: Case[]
beforeAll(async () => {
  h = await hub()
  const [mine, other, admin] = [await makeTenant(h), await makeTenant(h), await h.person('admin')]
  people = cast(mine, other, admin)
  const signedIn = callers.filter((as) => as !== 'nobody')
  for (const as of signedIn) clients.set(as, await h.client(people[as]!))
  cases = (Object.keys(entries) as CommandName[]).flatMap((name) =>
    [mine, other].flatMap((tenant) =>
      (entries[name].of === 'room' ? tenant.talks : [null]).flatMap((talk) => {
        const asked = { tenant, talk, of: talk ?? (entries[name].of as Target['of']) }
        return signedIn.map((as) => ({ name, as, asked, refusal: refusal(name, as, asked) }))
      }),
    ),
  )
  for (const one of cases) if (one.name === 'room.join' && one.refusal === null) await ask(one)
}, 60_000)
afterAll(() => h.close())

function refusal(name: CommandName, as: Caller, asked: Asked): ErrorCode | null {
  const { rule, author } = entries[name]
  const isAuthor = asked.talk !== null && people[as]?.userId === asked.tenant[asked.talk.author].userId
  const first = refusalFor(commands[name].allow, people[as], asked)
  if (first || (author && isAuthor)) return first
  if (author === 'alone') return 'access.denied'
  return rule ? refusalFor(rule, people[as], asked) : null
}

/** `elsewhere`: the same with ids that nothing has. */
async function ask({ name, as, asked }: Case, elsewhere = false) {
  const { tenant, talk } = asked
  const ids = {
    brandId: tenant.brandId,
    campaignId: tenant.campaignId,
    applicationId: tenant.application.applicationId,
    roomId: talk?.roomId ?? tenant.application.roomId,
  }
  const made = elsewhere ? Object.fromEntries(Object.keys(ids).map((id) => [id, newId()])) : ids
  const reply = await clients.get(as)!.ask(name, { commandId: commandId(), ...made, ...entries[name].says?.(asked) })
  return reply.ok ? null : { code: reply.error.code, message: reply.error.message, retryable: reply.error.retryable }
}
const nameOf = ({ name, as, asked: { tenant, talk } }: Case) =>
  `${name} as ${as} of ${tenant.brandId.slice(-4)} ${talk?.kind ?? ''} ${talk?.byHand ?? ''}`

test('without a session no command can be given', async () => {
  await expect(h.client(people.creator!, { token: 'none' })).rejects.toMatchObject({ code: 'session.required' })
})

describe('whoever may not', () => {
  test('is refused as the tables say, on every command, and nothing has changed after all of it', async () => {
    const refused = cases.filter(({ refusal }) => refusal !== null)
    expect(refused.length).toBeGreaterThan(400)
    const before = await written(h)
    const wrong: string[] = []
    for (const one of refused) {
      const error = await ask(one)
      if (error?.code !== one.refusal) wrong.push(`${nameOf(one)}: ${error?.code} ${error?.message}, not ${one.refusal}`)
    }
    expect(wrong).toEqual([])
    expect(await written(h)).toEqual(before)
  }, 120_000)

  test('cannot tell what is not theirs from what is not there', async () => {
    const hidden = cases.filter(({ refusal }) => refusal === 'resource.notFound')
    expect(hidden.length).toBeGreaterThan(100)
    for (const one of hidden) expect([nameOf(one), await ask(one, true)]).toEqual([nameOf(one), await ask(one)])
  }, 120_000)
})

test('whoever may is not refused, and nothing is a fault of the server', async () => {
  const wrong: string[] = []
  for (const one of cases.filter(({ refusal }) => refusal === null)) {
    const error = await ask(one)
    if (error && (error.code.startsWith('server.') || isRefusal(error.code)) && error.code !== entries[one.name].or)
      wrong.push(`${nameOf(one)}: ${error.code} ${error.message}`)
  }
  expect(wrong).toEqual([])
  expect(h.failures).toEqual([])
}, 120_000)
