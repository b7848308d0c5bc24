import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CommentOffer, RoomId, Story, StoryEntry } from '../../client-sdk/contract/index.ts'
import { erase } from '../../persistence/erasure.ts'
import { moveApplication } from '../applications/move-application.ts'
import { openNotes } from '../applications/open-notes.ts'
import { removeFromTeam } from '../brands/change-team.ts'
import { deleteMessage } from '../chat/delete-message.ts'
import { editMessage } from '../chat/edit-message.ts'
import { sendMessage } from '../chat/send-message.ts'
import { eraseMessages } from '../log/erase-messages.ts'
import { declineOffer, withdrawOffer } from '../offers/close-offer.ts'
import { commentOffer } from '../offers/comment-offer.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { getAgreement } from './get-agreement.ts'
import { getDeal } from './get-deal.ts'
import { readNewest, readStory } from './read-story.ts'
import { resolveDispute } from './resolve-dispute.ts'
import { agreed, counter, dealNow, type Parties, parties, propose, someTerms } from './testing.ts'
import { asking, logOf, planOf, storyFrom, talkMuch } from './testing-story.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w?.close())

const say = (who: TestPerson, roomId: RoomId, text = 'Hello') => sendMessage(w.as(who), { commandId: commandId(), roomId, text })
const takeBack = (who: TestPerson, roomId: RoomId, message: number) => deleteMessage(w.as(who), { commandId: commandId(), roomId, message })
const comment = (who: TestPerson, { applicationId }: Parties, offer: number, more: Partial<CommentOffer> = {}) =>
  commentOffer(w.as(who), { commandId: commandId(), applicationId, offer, term: 'fee', item: null, text: 'Hm', ...more })
const part = (who: TestPerson, roomId: RoomId, limit = 100, cursor?: string): Promise<Story> =>
  readStory(w.as(who), { roomId, limit, ...(cursor !== undefined && { cursor }) })

/** A whole story, page after page. */
async function inPages(who: TestPerson, roomId: RoomId, limit: number): Promise<StoryEntry[]> {
  const story: StoryEntry[] = []
  for (let cursor: string | undefined; ; ) {
    const page = await part(who, roomId, limit, cursor)
    expect(page.items.length).toBeLessThanOrEqual(limit)
    story.push(...page.items)
    if (page.cursor === null) return story
    expect(page.items.length).toBe(limit)
    cursor = page.cursor
  }
}

const acts = ['say', 'say', 'say', 'takeBack', 'takeBack', 'edit', 'erase', 'offer', 'offer', 'comment', 'close', 'join'] as const
type Act = { act: (typeof acts)[number]; by: 'brand' | 'creator'; n: number }
const history = fc.array(fc.record({ act: fc.constantFrom(...acts), by: fc.constantFrom('brand', 'creator'), n: fc.nat(99) }), {
  minLength: 5,
  maxLength: 40,
})

/** Does it, as far as that is possible just then. */
async function play(p: Parties, { act, by, n }: Act, said: { seq: number; by: Act['by'] }[]): Promise<void> {
  const who = by === 'brand' ? p.campaign.manager : p.creator
  const { roomId, applicationId } = p
  const message = said[n % Math.max(1, said.length)]
  const own = message && (message.by === 'brand' ? p.campaign.manager : p.creator)
  const { offers } = await dealNow(w, p)
  const open = offers.find(({ state }) => state === 'proposed')
  const closing = { commandId: commandId(), applicationId, offer: open?.offer ?? 1, reason: 'Because' }
  if (act === 'say') said.push({ seq: (await say(who, roomId)).seq, by })
  if (act === 'takeBack' && own) await takeBack(own, roomId, message.seq)
  if (act === 'edit' && own)
    await editMessage(w.as(own), { commandId: commandId(), roomId, message: message.seq, text: 'Other' }).catch(() => {})
  if (act === 'erase' && own)
    await eraseMessages(w.as(own), { commandId: commandId(), roomId, seqs: [message.seq], reason: 'moderation' }).catch(() => {})
  const terms = someTerms({ revisionRounds: n % 20, clauses: n % 2 ? [`Clause ${n}`] : [] })
  if (act === 'offer' && !open) await propose(w, who, p, { terms })
  if (act === 'offer' && open && open.by !== by) await counter(w, who, p, open.offer, { terms })
  if (act === 'comment' && offers.length > 0) await comment(who, p, 1 + (n % offers.length))
  if (act === 'close' && open) await (open.by === by ? withdrawOffer : declineOffer)(w.as(who), closing)
}

test('pages of any size, one after the other, are the whole story, as the log has it', async () => {
  await fc.assert(
    fc.asyncProperty(history, fc.integer({ min: 1, max: 7 }), async (acts, limit) => {
      const p = await parties(w, { terms: acts.length % 2 ? someTerms() : null })
      const said: { seq: number; by: Act['by'] }[] = []
      for (const act of acts) await play(p, act, said)
      const whole = storyFrom(await logOf(w, p.roomId))
      expect(await inPages(p.creator, p.roomId, limit)).toEqual(whole)
      expect(await inPages(p.campaign.viewer, p.roomId, 100)).toEqual(whole)
    }),
    { numRuns: 12, seed: 6, endOnFailure: true },
  )
}, 120_000)

test('what was said between two events is told by its first and last message and how many they are, and what was taken back is not', async () => {
  const p = await parties(w, { terms: someTerms() })
  const [first, second, third] = [await say(p.creator, p.roomId), await say(p.creator, p.roomId), await say(p.campaign.owner, p.roomId)]
  await takeBack(p.creator, p.roomId, first.seq)
  await counter(w, p.campaign.manager, p, 1, { terms: someTerms({ revisionRounds: 3 }) })
  const { items, cursor } = await part(p.creator, p.roomId)
  expect(items).toMatchObject([
    {
      kind: 'event',
      type: 'application.submitted',
      who: { side: 'creator', name: p.creator.name },
      personal: { cover: 'I would love to' },
    },
    { kind: 'event', type: 'offer.proposed', changes: null },
    { kind: 'messages', first: second.seq, last: third.seq, count: 2, from: second.at, to: third.at },
    {
      kind: 'event',
      type: 'offer.proposed',
      who: { side: 'brand', name: p.campaign.manager.name },
      changes: [{ term: 'revisionRounds', item: null, before: 1, after: 3 }],
    },
    { kind: 'event', type: 'application.statusChanged', deal: { move: 'firstOffer' } },
  ])
  expect(cursor).toBeNull()
})

test('a proposal at the beginning of a page is compared with the one of the page before', async () => {
  const p = await parties(w, { terms: someTerms() })
  await comment(p.creator, p, 1)
  await counter(w, p.campaign.manager, p, 1, { terms: someTerms({ revisionRounds: 3 }) })
  const { cursor } = await part(p.creator, p.roomId, 3)
  expect(await part(p.creator, p.roomId, 1, cursor!)).toMatchObject({
    items: [{ type: 'offer.proposed', changes: [{ before: 1, after: 3 }] }],
  })
})

test('words and names that were erased are null, and the erasure is told', async () => {
  const p = await parties(w)
  const added = (await logOf(w, p.roomId)).find(({ type, data }) => type === 'room.memberAdded' && data.deal.role === 'creator')!
  const applied = (await logOf(w, p.roomId)).find(({ type }) => type === 'application.submitted')!
  const by = { streamId: p.roomId, actor: added.actor, commandId: commandId(), accessVersion: null } as const
  await w.db.orm.em.fork().transactional((em) => erase(em, w.db.log, { ...by, seqs: [added.seq, applied.seq], reason: 'personRequest' }))
  const { items } = await part(p.campaign.owner, p.roomId)
  expect(items).toMatchObject([
    { type: 'application.submitted', who: { side: 'creator', name: null }, personal: null },
    { type: 'log.erased', deal: { seqs: [applied.seq, added.seq], reason: 'personRequest' }, who: { side: 'system', name: null } },
  ])
  expect(JSON.stringify(items)).not.toContain(p.creator.name)
})

test('whoever has left the team is told of still, by the side and the name that they had', async () => {
  const p = await parties(w)
  await propose(w, p.campaign.manager, p)
  await removeFromTeam(w.as(p.campaign.owner), { commandId: commandId(), brandId: p.campaign.brandId, userId: p.campaign.manager.userId })
  const { items } = await part(p.creator, p.roomId)
  expect(items.find((one) => one.kind === 'event' && one.type === 'offer.proposed')).toMatchObject({
    who: { side: 'brand', name: p.campaign.manager.name },
  })
  await expect(part(p.campaign.manager, p.roomId)).rejects.toMatchObject({ code: 'resource.notFound' })
})

test('an administrator reads it while something waits for one, and is told by what they decided; before and after, it is not there', async () => {
  const p = await agreed(w)
  const admin = await w.person('admin')
  await expect(part(admin, p.roomId)).rejects.toMatchObject({ code: 'resource.notFound', message: 'No such room' })
  const { applicationId, version } = { ...p, ...(await dealNow(w, p)) }
  await moveApplication(w.as(p.creator), { commandId: commandId(), applicationId, version, move: 'cancel.request' })
  expect((await part(admin, p.roomId)).items).toEqual((await part(p.creator, p.roomId)).items)
  expect((await getDeal(w.as(admin), p)).state).toBe('agreed+creator')
  expect((await getAgreement(w.as(admin), p)).state).toBe('agreed+creator')
  const order = {
    commandId: commandId(),
    applicationId,
    what: 'application',
    number: null,
    move: 'cancel',
    reason: 'Both want it',
  } as const
  await resolveDispute(w.as(admin), order)
  expect((await part(p.creator, p.roomId)).items.at(-1)).toMatchObject({
    type: 'application.statusChanged',
    who: { side: 'admin', name: null },
    personal: { reason: 'Both want it' },
  })
  for (const read of [() => part(admin, p.roomId), () => getDeal(w.as(admin), p), () => getAgreement(w.as(admin), p)])
    await expect(read()).rejects.toMatchObject({ code: 'resource.notFound' })
})

test('only the room of an application has a story: no campaign’s, and no notes', async () => {
  const p = await parties(w)
  const notes = await openNotes(w.as(p.campaign.owner), { commandId: commandId(), applicationId: p.applicationId })
  for (const roomId of [p.campaign.roomId, notes.roomId])
    await expect(part(p.campaign.owner, roomId)).rejects.toMatchObject({ code: 'resource.notFound', message: 'No such story' })
  await expect(part(p.creator, notes.roomId)).rejects.toMatchObject({ code: 'resource.notFound', message: 'No such room' })
  const { roomId, owner } = await w.negotiation() // by hand, and of no application
  const { seq } = await say(owner, roomId)
  expect(await part(owner, roomId)).toMatchObject({ items: [{ kind: 'messages', first: seq, last: seq, count: 1 }], cursor: null })
})

test('a cursor goes on in its own room alone, and what is none is refused', async () => {
  const [p, other] = [await parties(w, { terms: someTerms() }), await parties(w, { terms: someTerms() })]
  const { cursor } = await part(p.creator, p.roomId, 1)
  const name = JSON.parse(Buffer.from(cursor!, 'base64url').toString())[0]
  const forged = [[name], [name, -1], [name, 0.5], [name, '1'], [name, 2 ** 60], ['other', 1], 'text'].map((parts) =>
    Buffer.from(JSON.stringify(parts)).toString('base64url'),
  )
  await expect(part(other.creator, other.roomId, 1, cursor!)).rejects.toMatchObject({ code: 'request.invalid' })
  for (const one of ['', '{', 'x', ...forged])
    await expect(part(p.creator, p.roomId, 1, one)).rejects.toMatchObject({ code: 'request.invalid' })
})

test('the newest events are printed, with what was said between them, and whether there are older ones', async () => {
  const p = await parties(w, { terms: someTerms() })
  const { seq } = await say(p.creator, p.roomId)
  for (let n = 0; n < 3; n++) await comment(p.creator, p, 1)
  const whole = await readNewest(w.as(p.creator), p.roomId)
  expect([whole.isCut, whole.told.length]).toEqual([false, 6])
  const newest = await readNewest(w.as(p.creator), p.roomId, 3)
  expect(newest).toEqual({ ...whole, isCut: true, told: whole.told.slice(-4) })
  expect(newest.told[0]).toMatchObject({ kind: 'messages', talk: { first: seq } })
  expect(newest.card).toMatchObject({ applicationId: p.applicationId, title: 'Autumn' })
})

test('among very many messages it costs what it shows: nothing is read through, and what is counted is bounded', async () => {
  const p = await parties(w, { terms: someTerms() })
  await talkMuch(w, p.roomId, 60_000, 25_000)
  await comment(p.creator, p, 1)
  await talkMuch(w, p.roomId, 60_000)
  const { seq } = await comment(p.creator, p, 1)
  const { value, asked } = await asking(() => part(p.creator, p.roomId, 100))
  expect(value.items.slice(2)).toMatchObject([
    { kind: 'messages', count: 1_000 },
    { type: 'offer.commented' },
    { kind: 'messages', count: 1_000, last: seq - 1 },
    { type: 'offer.commented', seq },
  ])
  const newest = await asking(() => readNewest(w.as(p.creator), p.roomId, 2))
  const deal = await asking(() => getDeal(w.as(p.creator), p))
  for (const one of [...asked, ...newest.asked, ...deal.asked]) {
    const { pages, scanned } = await planOf(w, one)
    expect([one.text, scanned]).toEqual([one.text, []])
    expect([one.text, pages < 1_000 || pages]).toEqual([one.text, true])
  }
  expect(asked.length).toBeGreaterThan(2)
}, 60_000)
