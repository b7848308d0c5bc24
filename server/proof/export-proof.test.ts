import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RoomId } from '../../client-sdk/contract/index.ts'
import { checkpointsOf } from '../../persistence/checkpoints.ts'
import { dealOf } from '../../persistence/deals.ts'
import { openTestDatabase } from '../../persistence/testing.ts'
import { openNotes } from '../applications/open-notes.ts'
import { removeFromTeam } from '../brands/change-team.ts'
import { deleteMessage } from '../chat/delete-message.ts'
import { editMessage } from '../chat/edit-message.ts'
import { react } from '../chat/react.ts'
import { sendMessage } from '../chat/send-message.ts'
import { accept, agreed, counter, type Parties, parties, propose, someTerms } from '../deals/testing.ts'
import { handIn, pay, resolve, submit } from '../deals/testing-work.ts'
import { TokenBuckets } from '../limits.ts'
import { eraseMessages } from '../log/erase-messages.ts'
import { declineOffer } from '../offers/close-offer.ts'
import { commentOffer } from '../offers/comment-offer.ts'
import { commandId, newSigner, type TestPerson, type World, world } from '../testing.ts'
import { exportProof } from './export-proof.ts'
import { checked, entriesOf, eraseSeqs, linesOf, proofOf, swear } from './testing.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w?.close())

const say = async (of: World, who: TestPerson, roomId: RoomId, text = 'Grüße 日本 \u001b[31m') =>
  (await sendMessage(of.as(who), { commandId: commandId(), roomId, text })).seq
const takeBack = (of: World, who: TestPerson, roomId: RoomId, message: number) =>
  deleteMessage(of.as(who), { commandId: commandId(), roomId, message })
const edit = (of: World, who: TestPerson, roomId: RoomId, message: number, text = 'Other') =>
  editMessage(of.as(who), { commandId: commandId(), roomId, message, text })
const comment = async (of: World, who: TestPerson, { applicationId }: Parties, offer: number) =>
  (await commentOffer(of.as(who), { commandId: commandId(), applicationId, offer, term: 'fee', item: null, text: 'A little more?' })).seq

test('a whole deal, by two keys of the hub, verifies; and once words of all kinds are erased it still does, and says which', async () => {
  const database = await openTestDatabase()
  const [first, second] = [newSigner(), newSigner()]
  const before = await world({ database, signer: first })
  try {
    const p = await parties(before, { terms: someTerms() })
    const { roomId, creator, campaign } = p
    await proofOf(before.as(creator), roomId) // lists its key
    const hello = await say(before, creator, roomId)
    await edit(before, creator, roomId, hello)
    await react(before.as(campaign.owner), { commandId: commandId(), roomId, message: hello, emoji: '👍' })
    const said = await comment(before, campaign.manager, p, 1)
    const declined = await declineOffer(before.as(campaign.owner), {
      commandId: commandId(),
      applicationId: p.applicationId,
      offer: 1,
      reason: 'Too dear',
    })
    const two = await propose(before, creator, p, { validUntil: '2999-01-01T00:00:00.000Z' })
    const three = await counter(before, campaign.manager, p, two.offer)
    await accept(before, creator, p, three)
    await swear(before, first, roomId)

    const after = await world({ database, signer: second })
    const four = await propose(after, campaign.owner, p, { basedOn: three.offer, terms: someTerms({ revisionRounds: 0 }) })
    await accept(after, creator, p, four)
    await submit(after, p, 1)
    await swear(after, second, roomId)
    const handed = await handIn(after, p, 2, 'dispute')
    await resolve(after, await after.person('admin'), p, { what: 'deliverable', number: 2, move: 'approve' })
    const gone = await say(after, campaign.manager, roomId)
    const edited = await edit(after, campaign.manager, roomId, gone)
    const deleted = await takeBack(after, campaign.manager, roomId, gone)
    await swear(after, second, roomId)

    const proof = await proofOf(after.as(creator), roomId)
    const sworn = await checkpointsOf(after.db.pool, roomId, 100)
    expect(sworn.length).toBeGreaterThanOrEqual(3) // more, where an open write elsewhere held the follower back
    const report = await checked(proof, second)
    const head = entriesOf(proof).length
    expect(report).toMatchObject({
      ok: true,
      room: roomId,
      seq: head,
      entries: head,
      checkpoints: sworn.length,
      sealed: { keyId: second.jwk.kid },
      deal: {
        state: 'delivering',
        binding: four.offer,
        agreed: [
          { offer: three.offer, hash: three.hash },
          { offer: four.offer, hash: four.hash },
        ],
      },
      erased: [],
      withheld: [
        { seq: gone, by: deleted.seq },
        { seq: edited.seq, by: deleted.seq },
      ],
    })
    expect(await checked(proof, first)).toMatchObject({ ok: false, problem: 'key.notPinned' })
    expect(entriesOf(proof)[gone - 1]).toMatchObject({ personal: null, personalSalt: null, erased: null })

    const cover = entriesOf(proof).find(({ type }) => type === 'application.submitted')!.seq
    const { seq: byAuthor } = await eraseMessages(after.as(creator), {
      commandId: commandId(),
      roomId,
      seqs: [hello],
      reason: 'moderation',
    })
    const byLaw = await eraseSeqs(after, roomId, campaign.owner, [cover, said, declined.seq, handed.seq])
    const again = await proofOf(after.as(campaign.manager), roomId)
    expect(await checked(again, second)).toMatchObject({
      ok: true,
      seq: byLaw,
      checkpoints: sworn.length,
      erased: [
        { seqs: [hello, hello + 1], reason: 'moderation', by: byAuthor },
        { seqs: [cover, said, declined.seq, handed.seq], reason: 'personRequest', by: byLaw },
      ],
    })
    expect(Buffer.from(again).toString()).not.toMatch(/I would love to|Too dear|A little more/)
  } finally {
    await before.close()
  }
}, 60_000)

test('rooms without a deal verify too: a campaign’s, a team’s notes, one by hand', async () => {
  const p = await agreed(w)
  const { roomId: notes } = await openNotes(w.as(p.campaign.owner), { commandId: commandId(), applicationId: p.applicationId })
  const { roomId: byHand, creator } = await w.negotiation()
  await say(w, p.campaign.manager, p.campaign.roomId)
  await say(w, p.campaign.manager, notes)
  await say(w, creator, byHand)
  for (const [who, roomId] of [
    [p.creator, p.campaign.roomId],
    [p.campaign.viewer, notes],
    [creator, byHand],
  ] as const) {
    const proof = await proofOf(w.as(who), roomId)
    expect(await checked(proof, w.house.signer)).toMatchObject({ ok: true, room: roomId, deal: null, checkpoints: 0 })
  }
})

test('the stated deal is the one that the hub shows, but for what is free', async () => {
  const p = await agreed(w)
  await handIn(w, p, 1)
  await pay(w, p, 1, 'invoice').catch(() => {})
  const stated = linesOf(await proofOf(w.as(p.creator), p.roomId)).find((line) => 'deal' in line)
  const shown = await dealOf(w.db.pool, p.roomId)
  const bare = JSON.parse(JSON.stringify(shown), (name, value) => (['reason', 'links', 'note', 'text'].includes(name) ? null : value))
  expect(stated).toEqual({ deal: bare })
})

test('a proof in small pieces is the same, and of no more than there was when it was asked for', async () => {
  const p = await agreed(w)
  for (let i = 0; i < 20; i++) await say(w, p.creator, p.roomId, `${i}`)
  const [whole, small] = [await proofOf(w.as(p.creator), p.roomId), await proofOf(w.as(p.creator), p.roomId, 3)]
  expect(entriesOf(small)).toEqual(entriesOf(whole))
  const pieces = exportProof(w.as(p.creator), p.roomId, { page: 3 })
  const begun = [(await pieces.next()).value, (await pieces.next()).value]
  const later = await say(w, p.creator, p.roomId, 'later')
  for await (const piece of pieces) begun.push(piece)
  const meanwhile = Buffer.from(begun.join(''))
  expect(await checked(meanwhile, w.house.signer)).toMatchObject({ ok: true, seq: later - 1 })
})

test('what is erased or taken back while it is exported is not in it any more where it was not read yet, and the proof goes on to what says so', async () => {
  const p = await agreed(w)
  const { roomId } = p
  const seqs: number[] = []
  for (let i = 0; i < 12; i++) seqs.push(await say(w, p.creator, roomId, `word ${i}.`))
  const pieces = exportProof(w.as(p.creator), roomId, { page: seqs[4]! })
  const begun = [(await pieces.next()).value, (await pieces.next()).value]
  const erase = (of: number) => eraseMessages(w.as(p.creator), { commandId: commandId(), roomId, seqs: [seqs[of]!], reason: 'moderation' })
  await erase(1) // is out already
  const { seq: erased } = await erase(9)
  const deleted = await takeBack(w, p.creator, roomId, seqs[10]!)
  for await (const piece of pieces) begun.push(piece)
  const proof = Buffer.from(begun.join(''))
  expect(await checked(proof, w.house.signer)).toMatchObject({
    ok: true,
    seq: deleted.seq,
    erased: [{ seqs: [seqs[9]], by: erased }],
    withheld: [{ seq: seqs[10], by: deleted.seq }],
  })
  expect(proof.toString()).not.toMatch(/word (9|10)\./)
})

test('who is let out meanwhile gets no more of it, and never its seal', async () => {
  const p = await agreed(w)
  for (let i = 0; i < 10; i++) await say(w, p.creator, p.roomId)
  const viewer = p.campaign.viewer
  const out = async (pieces: AsyncGenerator<string, void>) => {
    await removeFromTeam(w.as(p.campaign.owner), { commandId: commandId(), brandId: p.campaign.brandId, userId: viewer.userId })
    await expect(pieces.next()).rejects.toMatchObject({ code: 'resource.notFound' })
    expect(await pieces.next()).toEqual({ done: true, value: undefined })
  }
  const pieces = exportProof(w.as(viewer), p.roomId, { page: 5 })
  await pieces.next()
  await out(pieces)

  const manager = p.campaign.manager
  const nearly = exportProof(w.as(manager), p.roomId)
  const given = [(await nearly.next()).value, (await nearly.next()).value, (await nearly.next()).value]
  await removeFromTeam(w.as(p.campaign.owner), { commandId: commandId(), brandId: p.campaign.brandId, userId: manager.userId })
  await expect(nearly.next()).rejects.toMatchObject({ code: 'resource.notFound' })
  expect(await checked(Buffer.from(given.join('')), w.house.signer)).toMatchObject({ ok: false, problem: 'file.malformed' })
})

test.each([
  ['its last event', 'delete from event where stream_id = $1 and seq = (select last_seq from stream where id = $1)'],
  ['an event of before', 'delete from event where stream_id = $1 and seq = 3'],
  ['a word', `update event set personal = '{"text":"no"}' where stream_id = $1 and seq = (select last_seq from stream where id = $1)`],
  ['words that nobody erased', 'update event set personal = null, personal_salt = null, erased = hash where stream_id = $1 and seq = 2'],
  ['what was sworn to', `update checkpoint set hash = '\\x00' where stream_id = $1`],
])('where somebody behind the hub has changed %s, it seals nothing', async (_what, sql) => {
  const p = await agreed(w)
  await say(w, p.creator, p.roomId)
  await swear(w, w.house.signer, p.roomId)
  const superuser = new pg.Client({ connectionString: w.url, options: '-c search_path=parley -c session_replication_role=replica' })
  await superuser.connect()
  await superuser.query(sql, [p.roomId])
  await superuser.end()
  await expect(proofOf(w.as(p.creator), p.roomId)).rejects.toThrow(/is not what|is not whole/)
})

test('a person has so many proofs and no more, and whoever may not read a room spends none', async () => {
  const strict = await world({ limits: { proofs: new TokenBuckets({ perSecond: 0.001, burst: 2 }) } })
  try {
    const { roomId, creator } = await strict.negotiation()
    const stranger = await strict.person('admin')
    for (let i = 0; i < 3; i++) await expect(proofOf(strict.as(stranger), roomId)).rejects.toMatchObject({ code: 'resource.notFound' })
    for (let i = 0; i < 2; i++) await proofOf(strict.as(creator), roomId)
    await expect(proofOf(strict.as(creator), roomId)).rejects.toMatchObject({ code: 'rate.limited' })
  } finally {
    await strict.close()
  }
})
