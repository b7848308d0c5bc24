import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId, ProposeOffer, SubmitApplication, Terms } from '../../client-sdk/contract/index.ts'
import { openNotes } from '../applications/open-notes.ts'
import { apply } from '../applications/testing.ts'
import { sendMessage } from '../chat/send-message.ts'
import { submitDeliverable } from '../deliverables/move-deliverable.ts'
import { openApi } from '../openapi/document.ts'
import { commandId, type TestPerson } from '../testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { written } from '../testing-tenants.ts'
import { accept, agreed, counter, type Parties, propose, someTerms } from './testing.ts'
import { asking } from './testing-story.ts'

let w: Rest
beforeAll(async () => {
  w = await restWorld()
})
afterAll(() => w?.close())

type Ids = { applicationId: string; roomId: string }
/** Every way by REST to read something of an application or of a room. */
const paths = (): string[] =>
  Object.entries(openApi(w.app, '').paths).flatMap(([path, its]) => (its.get && /{(applicationId|roomId)}/.test(path) ? [path] : []))
const REST: Record<string, string> = { offer: '1', message: '1' }
const filled = (path: string, ids: Ids): string => {
  const full = path.replace(/{(\w+)}/g, (_, name: string) => ({ ...REST, ...ids })[name] ?? `no-${name}`)
  return path.endsWith('/search') ? `${full}?q=hello` : full
}

/** What somebody is answered, without what is another each time, and what PostgreSQL was asked for it. */
async function attempt(token: string, path: string, ids: Ids) {
  const { value, asked } = await asking(() => w.call('GET', filled(path, ids), { token }))
  const { requestId: _, ...body } = value.body
  return { status: value.status, body, asked: asked.map(({ text }) => text) }
}
const nowhere = (): Ids => ({ applicationId: newId(), roomId: newId() })

/** Two creators of one campaign with a deal each, and a deal of another brand. */
async function three() {
  const ann = await agreed(w)
  const creator = await w.person()
  const bob: Parties = { ...(await apply(w, creator, ann.campaign.campaignId, { terms: someTerms() })), campaign: ann.campaign, creator }
  return { ann, bob, other: await agreed(w) }
}

describe('what is not one’s own is as if it were not, in words and in work:', () => {
  test('every way to read a deal is tried here', () => {
    expect(paths()).toEqual(
      expect.arrayContaining([
        '/api/v1/applications/{applicationId}/deal',
        '/api/v1/applications/{applicationId}/offers/{offer}/diff',
        '/api/v1/applications/{applicationId}/agreement',
        '/api/v1/applications/{applicationId}/agreement.html',
        '/api/v1/rooms/{roomId}/timeline',
        '/api/v1/rooms/{roomId}/timeline.html',
        '/api/v1/rooms/{roomId}/proof',
      ]),
    )
    expect(paths().length).toBeGreaterThan(10)
  })

  test('to a creator the deal of another creator of the same campaign, and one of another brand; to a brand that of another; to an administrator one without a dispute', async () => {
    const { ann, bob, other } = await three()
    const notes = await openNotes(w.as(ann.campaign.owner), { commandId: commandId(), applicationId: ann.applicationId })
    const admin = await w.person('admin')
    const pairs: [TestPerson, Ids][] = [
      [ann.creator, bob],
      [ann.creator, other],
      [ann.creator, { ...bob, roomId: notes.roomId }],
      [bob.creator, ann],
      [other.campaign.owner, ann],
      [other.campaign.viewer, bob],
      [admin, ann],
    ]
    for (const [who, theirs] of pairs) {
      const token = await w.token(who)
      for (const path of paths()) {
        await attempt(token, path, theirs) // warms what is remembered of the caller
        const [hidden, none] = [await attempt(token, path, theirs), await attempt(token, path, nowhere())]
        expect([path, hidden]).toEqual([path, none])
        expect([path, hidden.status]).toEqual([path, 404])
        expect(hidden.asked.length).toBeGreaterThan(0)
      }
    }
  }, 60_000)

  test('the same questions are answered to whose deal it is, and cost PostgreSQL more', async () => {
    const { ann } = await three()
    const token = await w.token(ann.creator)
    const none = nowhere()
    for (const path of paths().filter((one) => /deal|offers|agreement|timeline|proof/.test(one))) {
      const [own, hidden] = [await attempt(token, path, ann), await attempt(token, path, none)]
      if (path.includes('/diff'))
        expect(own.body).toMatchObject({ detail: 'No such version' }) // before the first there is none
      else expect([path, own.status]).toEqual([path, 200])
      expect(own.asked.length).toBeGreaterThan(hidden.asked.length)
    }
  })
})

/** All that somebody can read by REST of a deal and around it, with its versions and moments. */
async function seenBy(who: TestPerson, p: Parties): Promise<string> {
  const token = await w.token(who)
  const around = ['/applications', '/rooms?previews=true&limit=100', '/campaigns', `/campaigns/${p.campaign.campaignId}`]
  const rooms = [p.roomId, p.campaign.roomId].flatMap((roomId) => [
    `/rooms/${roomId}`,
    `/rooms/${roomId}/messages`,
    `/rooms/${roomId}/checkpoints`,
  ])
  const own = [
    `/applications/${p.applicationId}`,
    ...['deal', 'agreement', 'agreement.html'].map((path) => `/applications/${p.applicationId}/${path}`),
  ]
  const story = [`/rooms/${p.roomId}/timeline`, `/rooms/${p.roomId}/timeline.html`]
  const all = []
  for (const path of [...around, ...rooms, ...own, ...story]) {
    const { status, text, headers } = await w.call('GET', `/api/v1${path}`, { token })
    all.push([path, status, headers.get('ETag'), text.replace(/"requestId":"[^"]*"/, '')])
  }
  const logs = [p.roomId, p.campaign.roomId].map((roomId) => w.db.log.readAfter(roomId, 0, 500))
  return JSON.stringify([all, await Promise.all(logs)], null, 1)
}

test('a team’s notes, and what is said there, change nothing that the creator can read: no seq, no version, no moment', async () => {
  const p = await agreed(w)
  const before = await seenBy(p.creator, p)
  const { roomId } = await openNotes(w.as(p.campaign.owner), { commandId: commandId(), applicationId: p.applicationId })
  await sendMessage(w.as(p.campaign.manager), { commandId: commandId(), roomId, text: 'we would pay twice of it' })
  const after = await seenBy(p.creator, p)
  expect(after).toBe(before)
  expect(after).not.toContain(roomId)
  expect(await seenBy(p.campaign.owner, p)).toContain(roomId) // who may see it, does
  const token = await w.token(p.campaign.owner)
  for (const path of ['deal', 'agreement', 'agreement.html'])
    expect((await w.call('GET', `/api/v1/applications/${p.applicationId}/${path}`, { token })).text).not.toContain(roomId)
  expect((await w.call('GET', `/api/v1/rooms/${p.roomId}/timeline`, { token })).text).not.toContain(roomId)
})

test('what another creator of the campaign offers, agrees to and delivers changes nothing that one can read', async () => {
  const { ann, bob } = await three()
  const before = await seenBy(ann.creator, ann)
  const next = await counter(w, bob.campaign.manager, bob, 1)
  await accept(w, bob.creator, bob, next)
  const work = { commandId: commandId(), applicationId: bob.applicationId, deliverable: 1 }
  await submitDeliverable(w.as(bob.creator), { ...work, links: ['https://example.com/secret'] })
  await propose(w, bob.creator, bob, { basedOn: next.offer })
  expect(await seenBy(ann.creator, ann)).toBe(before)
  expect(before).not.toMatch(new RegExp(`${bob.applicationId}|${bob.roomId}|${bob.creator.name}`))
})

describe('the hash of terms', () => {
  test('tells two creators nothing of each other: the same terms have another one, by the nonce that is in them', async () => {
    const { ann, bob, other } = await three()
    const { nonce: _, ...same } = someTerms({ revisionRounds: 9 })
    const hashes = []
    for (const [p, nonce] of [
      [ann, '1'],
      [other, '2'],
    ] as const)
      hashes.push((await propose(w, p.creator, p, { basedOn: 1, terms: { ...same, nonce: nonce.repeat(32) } })).hash)
    expect(hashes[0]).not.toBe(hashes[1])
    const again = await counter(w, bob.campaign.owner, bob, 1, { terms: { ...same, nonce: '1'.repeat(32) } })
    expect(again.hash).toBe(hashes[0]) // only the nonce made the difference
  })

  test('is never of terms without a nonce of 128 bits: at no door, and nothing is left behind', async () => {
    const { ann, bob } = await three()
    const { nonce: _, ...without } = someTerms()
    const applicant = await w.person()
    const before = await written(w)
    for (const nonce of [undefined, null, '', '0'.repeat(31), '0'.repeat(33), 'g'.repeat(32), 'A'.repeat(32), 0]) {
      const terms = { ...without, ...(nonce !== undefined && { nonce }) }
      expect(Terms.safeParse(terms).success).toBe(false)
      expect(ProposeOffer.safeParse({ commandId: commandId(), applicationId: ann.applicationId, terms }).success).toBe(false)
      expect(SubmitApplication.safeParse({ commandId: commandId(), campaignId: ann.campaign.campaignId, cover: 'Hi', terms }).success).toBe(
        false,
      )
      const calls: [TestPerson, string, object][] = [
        [ann.creator, `/applications/${ann.applicationId}/offers`, { terms, basedOn: 1 }],
        [bob.campaign.owner, `/applications/${bob.applicationId}/offers/1/counter`, { terms }],
        [applicant, `/campaigns/${ann.campaign.campaignId}/applications`, { cover: 'Hi', terms }],
      ]
      for (const [who, path, body] of calls)
        expect((await w.call('POST', `/api/v1${path}`, { token: await w.token(who), body })).body).toMatchObject({
          code: 'request.invalid',
        })
    }
    expect(await written(w)).toEqual(before)
  })
})
