import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ErrorCode, newId, type Rule } from '../client-sdk/contract/index.ts'
import { workflowAdmin } from '../workflows/admin.ts'
import { type TestServer, testServer } from '../workflows/testing.ts'
import { testClient } from '../workflows/testing-client.ts'
import { terms } from './applications/testing.ts'
import { openApi } from './openapi/document.ts'
import { commandId, PASSWORD, type TestPerson } from './testing.ts'
import { type Answer, type Rest, restWorld } from './testing-rest.ts'
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
} from './testing-tenants.ts'

type Asked = { tenant: Tenant; talk: Talk | null }
/** What an operation is tried with: what its path does not say. */
type Entry = {
  body?: (asked: Asked) => unknown
  query?: (asked: Asked) => string
  /** Other values for the path than those of the tenant. */
  path?: (asked: Asked) => Record<string, string>
  /** Who may can be answered this, too: it asks for what is nowhere, or was done the first time. */
  or?: ErrorCode
  /** The use case asks for more than the route. */
  rule?: Rule
  /** Of a message: who wrote it may without that rule, or nobody else may. */
  author?: 'may' | 'alone'
}

const ofFirst = { path: () => ({ offer: '1' }) }
/** No such run: whose is there depends on nobody. */
const ofNoRun = { path: () => ({ workflowId: `mail:${newId()}`, runId: newId() }), or: 'resource.notFound' } as const
/** An entry for each operation: without one the test fails. */
const entries: Record<string, Entry> = {
  'session.open': { body: () => ({ email: 'nobody@example.com', password: PASSWORD }) },
  'session.refresh': { body: () => ({ refreshToken: 'x'.repeat(43), commandId: commandId() }), or: 'session.ended' },
  'session.stepUp': { body: () => ({ password: PASSWORD }) },
  'session.end': {},
  'me.get': {},
  'me.getSettings': {},
  'me.changeSettings': { body: () => ({ presence: 'shown' }) },
  'person.create': { body: () => ({ email: `${newId()}@example.com`, name: 'New', role: 'creator', password: PASSWORD }) },
  'person.find': { query: ({ tenant }) => `email=${tenant.creator.email}` },
  'person.block': { path: ({ tenant }) => ({ userId: tenant.invited.userId }) },
  'person.unblock': { path: ({ tenant }) => ({ userId: tenant.invited.userId }) },
  'profile.get': {},
  'profile.put': { body: () => ({ headline: 'Hello' }) },
  'creator.get': { path: ({ tenant }) => ({ userId: tenant.creator.userId }) },
  'brand.create': { body: () => ({ name: 'Another' }) },
  'brand.list': {},
  'brand.get': {},
  'brand.update': { body: () => ({ about: 'Words' }) },
  'brand.members': {},
  'brand.setRole': { body: () => ({ role: 'viewer' }) },
  'brand.removeMember': { rule: 'manageTeam' },
  'brand.passOn': { body: () => ({ userId: newId() }), or: 'resource.notFound' },
  'brand.invite': { body: () => ({ email: `${newId()}@example.com`, role: 'viewer' }) },
  'brand.invitations': {},
  'brand.revokeInvitation': { or: 'resource.notFound', path: () => ({ invitationId: newId() }) },
  'brand.acceptInvitation': { body: () => ({ code: 'x'.repeat(43) }), or: 'resource.notFound' },
  'brand.weeks': {},
  'cohort.list': {},
  'brand.signUpInvited': { body: () => ({ code: 'x'.repeat(43), name: 'New', password: PASSWORD }), or: 'resource.notFound' },
  'campaign.create': { body: () => ({ title: 'Another' }) },
  'campaign.list': {},
  'campaign.discover': {},
  'campaign.redeem': { body: () => ({ code: '0'.repeat(12) }), or: 'resource.notFound' },
  'campaign.get': {},
  'campaign.update': { body: () => ({ title: 'Another' }) },
  'campaign.move': { body: () => ({ move: 'pause' }) },
  'campaign.copy': {},
  'campaign.save': {},
  'campaign.unsave': {},
  'campaign.saved': {},
  'campaign.guests': {},
  'campaign.invite': { body: () => ({ email: `${newId()}@example.com` }) },
  'campaign.uninvite': { path: () => ({ email: 'guest@example.com' }) },
  'application.submit': { body: () => ({ cover: 'I would love to' }) },
  'application.list': {},
  'application.board': {},
  'application.moveMany': {
    body: ({ tenant }) => ({ move: 'shortlist', applications: [{ applicationId: tenant.application.applicationId, version: 999 }] }),
  },
  'application.listOfBrand': {},
  'application.listMine': {},
  'application.get': {},
  'application.move': { body: () => ({ move: 'shortlist' }), rule: 'decide' },
  'application.openNotes': {},
  'deliverable.submit': {
    path: () => ({ deliverable: '1' }),
    body: () => ({ links: ['https://example.com/reel'] }),
    or: 'resource.notFound',
  },
  'deliverable.review': { path: () => ({ deliverable: '1' }), body: () => ({ submitted: 1, move: 'approve' }), or: 'resource.notFound' },
  'milestone.move': { path: () => ({ milestone: '1' }), body: () => ({ move: 'pay' }), or: 'resource.notFound' },
  'mail.listDead': {},
  'mail.moveDead': {
    path: () => ({ mailId: newId() }),
    body: () => ({ move: 'drop', reason: 'Nobody waits for it' }),
    or: 'resource.notFound',
  },
  'mail.askUnsubscribe': { path: () => ({ mailKey: newId(), kind: 'offers' }), or: 'resource.notFound' },
  'mail.unsubscribe': { path: () => ({ mailKey: newId(), kind: 'offers' }), or: 'resource.notFound' },
  'dispute.list': {},
  'deal.resolve': { body: () => ({ what: 'application', move: 'cancel', reason: 'Both want it' }), or: 'resource.notFound' },
  'deal.get': {},
  'offer.diff': { path: () => ({ offer: '1' }), or: 'resource.notFound' },
  'agreement.get': { or: 'resource.notFound' },
  'agreement.print': { or: 'resource.notFound' },
  'timeline.read': { or: 'resource.notFound' }, // of the notes there is none
  'timeline.print': { or: 'resource.notFound' },
  'offer.propose': { body: () => ({ terms }) },
  'offer.counter': { ...ofFirst, body: () => ({ terms }) },
  'offer.accept': { ...ofFirst, body: () => ({ hash: '0'.repeat(64) }) },
  'offer.decline': { ...ofFirst, body: () => ({}) },
  'offer.withdraw': { ...ofFirst, body: () => ({}) },
  'offer.comment': { ...ofFirst, body: () => ({ term: 'fee', text: 'Too little' }) },
  'workflow.list': {},
  'workflow.get': ofNoRun,
  'workflow.move': { ...ofNoRun, body: () => ({ move: 'retry', reason: 'It hangs' }) },
  'audit.read': {},
  'catalogue.get': {},
  'catalogue.put': { path: () => ({ list: 'platforms', key: 'instagram' }), body: () => ({ name: 'Instagram' }) },
  'room.list': {},
  'room.create': {
    body: ({ tenant }) => ({ kind: 'application', title: 'Another', members: [{ userId: tenant.owner.userId, role: 'owner' }] }),
  },
  'room.get': {},
  'room.configure': { body: () => ({ slowMode: 0 }) },
  'room.read': { body: () => ({ seq: 1 }) },
  'room.mute': { body: () => ({ muted: false }) },
  'room.addMember': { body: () => ({ role: 'viewer' }) },
  'room.removeMember': { rule: 'manageMembers' },
  'message.list': {},
  'chat.send': { body: () => ({ text: 'Hello' }) },
  'message.get': {},
  'chat.edit': { body: () => ({ text: 'Hello again' }), author: 'alone' },
  'chat.delete': { rule: 'moderate', author: 'may' },
  'message.versions': {},
  'chat.react': {},
  'chat.unreact': {},
  'pin.list': {},
  'chat.pin': {},
  'chat.unpin': {},
  'search.room': { query: () => 'q=hello' },
  'search.all': { query: () => 'q=hello' },
  'message.erase': {
    rule: 'erase',
    author: 'may',
    or: 'request.invalid',
    body: ({ talk }) => ({ seqs: [talk!.message], reason: 'moderation' }),
  },
  'checkpoint.list': {},
  'room.proof': {},
}
/** For people and programs alike, and without anything of anybody's. */
const open = /^(doc|key|health)\./
/** What changes who somebody is, or what there is, comes after all the others. */
const late = ['message.erase', 'chat.delete', 'room.removeMember', 'brand.removeMember', 'person.block', 'person.unblock', 'session.end']

type Case = {
  id: string
  method: string
  path: string
  entry: Entry
  as: Caller
  asked: Asked
  refusal: ErrorCode | null
}
let w: Rest
let temporal: TestServer
let closeClient: () => Promise<void>
let people: Record<Caller, TestPerson | null>
let cases: Case[]
beforeAll(async () => {
  temporal = await testServer()
  const { client, close } = await testClient(temporal)
  closeClient = close
  w = await restWorld({ workflows: workflowAdmin(() => client, 'default') })
  const [mine, other, admin] = [await makeTenant(w), await makeTenant(w), await w.person('admin')]
  people = cast(mine, other, admin)
  cases = operations().flatMap((operation) =>
    [mine, other].flatMap((tenant) =>
      (operation.path.includes('{roomId}') ? tenant.talks : [null]).flatMap((talk) =>
        callers.map((as) => ({ ...operation, as, asked: { tenant, talk }, refusal: refusal(operation, as, { tenant, talk }) })),
      ),
    ),
  )
}, 60_000)
afterAll(async () => {
  await w.close()
  await closeClient()
  await temporal.close()
})

function operations() {
  const all = Object.entries(openApi(w.app, '').paths).flatMap(([path, its]) =>
    Object.entries(its).map(([method, { operationId: id, 'x-parley-allow': allow }]) => ({
      id,
      method: method.toUpperCase(),
      path,
      allow: allow as Rule,
    })),
  )
  return all
    .filter(({ id }) => !open.test(id))
    .map((operation) => ({ ...operation, entry: entries[operation.id] ?? {} }))
    .toSorted((a, b) => late.indexOf(a.id) - late.indexOf(b.id))
}

function refusal({ path, allow, entry }: ReturnType<typeof operations>[number], as: Caller, asked: Asked): ErrorCode | null {
  const of = asked.talk ?? (['application', 'campaign', 'brand'] as const).find((kind) => path.includes(`{${kind}Id}`)) ?? null
  const target: Target = { tenant: asked.tenant, of }
  const isAuthor = asked.talk !== null && people[as]?.userId === asked.tenant[asked.talk.author].userId
  const first = refusalFor(allow, people[as], target)
  if (first || (entry.author && isAuthor)) return first
  if (entry.author === 'alone') return 'access.denied'
  return (entry.rule ? refusalFor(entry.rule, people[as], target) : null) ?? byHand(path, asked)
}
/** Who is in a room of a brand follows from its team. */
const byHand = (path: string, { talk }: Asked): ErrorCode | null =>
  path.endsWith('{roomId}/members/{userId}') && !talk!.byHand ? 'access.denied' : null

/** `elsewhere`: the same with ids that nothing has. */
async function call({ method, path, entry, as, asked }: Case, elsewhere = false): Promise<Answer> {
  const { tenant, talk } = asked
  const things: Record<string, string> = {
    brandId: tenant.brandId,
    campaignId: tenant.campaignId,
    applicationId: tenant.application.applicationId,
    ...(talk && { roomId: talk.roomId }),
  }
  for (const name of elsewhere ? Object.keys(things) : []) things[name] = newId()
  const rest = { userId: tenant.spare.userId, message: String(talk?.message), emoji: encodeURIComponent('👍'), ...entry.path?.(asked) }
  const filled = path.replace(/{(\w+)}/g, (_, name: string) => ({ ...things, ...rest })[name] ?? `no-${name}`)
  const person = people[as]
  const body = entry.body?.(asked)
  return w.call(method, `${filled}${entry.query ? `?${entry.query(asked)}` : ''}`, {
    headers: { 'If-Match': '"999"' },
    ...(person && { token: await tokenOf(person, path) }),
    ...(body !== undefined && { body }),
  })
}
const tokens = new Map<string, Promise<string>>()
/** A session that ends is one of its own. */
function tokenOf(person: TestPerson, path: string): Promise<string> {
  if (path.endsWith('/sessions/current')) return w.token(person)
  const token = tokens.get(person.userId) ?? w.token(person)
  tokens.set(person.userId, token)
  return token
}
const nameOf = ({ id, as, asked: { tenant, talk } }: Case) =>
  `${id} as ${as} of ${tenant.brandId.slice(-4)} ${talk ? talk.kind : ''} ${talk?.byHand ?? ''}`
const withoutId = ({ requestId: _, ...body }: Record<string, unknown>) => body

test('every operation is tried', () => {
  const ids = operations().map(({ id }) => id)
  expect(ids.filter((id) => !Object.hasOwn(entries, id))).toEqual([])
  expect(Object.keys(entries).filter((id) => !ids.includes(id))).toEqual([])
})

describe('whoever may not', () => {
  test('is refused as the tables say, on every operation, and nothing has changed after all of it', async () => {
    const refused = cases.filter(({ refusal }) => refusal !== null)
    expect(refused.length).toBeGreaterThan(500)
    const before = await written(w)
    const wrong: string[] = []
    for (const one of refused) {
      const { status, body } = await call(one)
      if (body.code !== one.refusal) wrong.push(`${nameOf(one)}: ${status} ${body.code ?? ''} ${body.detail ?? ''}, not ${one.refusal}`)
    }
    expect(wrong).toEqual([])
    expect(await written(w)).toEqual(before)
  }, 120_000)

  test('cannot tell what is not theirs from what is not there', async () => {
    const hidden = cases.filter(({ refusal }) => refusal === 'resource.notFound')
    expect(hidden.length).toBeGreaterThan(100)
    for (const one of hidden) {
      const [theirs, nowhere] = [await call(one), await call(one, true)]
      expect([nameOf(one), nowhere.status, withoutId(nowhere.body)]).toEqual([nameOf(one), theirs.status, withoutId(theirs.body)])
    }
  }, 120_000)
})

test('whoever may is not refused, and nothing is a fault of the server', async () => {
  const wrong: string[] = []
  for (const one of cases.filter(({ refusal }) => refusal === null)) {
    const { status, body } = await call(one)
    if (status >= 500 || (isRefusal(body.code) && body.code !== one.entry.or))
      wrong.push(`${nameOf(one)}: ${status} ${body.code} ${body.detail}`)
  }
  expect(wrong).toEqual([])
}, 120_000)
