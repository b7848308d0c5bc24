import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId, type Part, SYSTEM } from '../../client-sdk/contract/index.ts'
import { erase } from '../../persistence/erasure.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { eventsOf } from '../applications/testing.ts'
import { accept, agreed, dealNow, parties, propose, someTerms } from '../deals/testing.ts'
import { cancel, handIn, links, resolve, review, rowOf, submit } from '../deals/testing-work.ts'
import { commandId, type World, world } from '../testing.ts'
import { reviewDeliverable, submitDeliverable } from './move-deliverable.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())
const refusal = (code: string) => ({ code })
const of = ({ applicationId }: { applicationId: Awaited<ReturnType<typeof agreed>>['applicationId'] }, deliverable: number) => ({
  ...{ commandId: commandId(), applicationId, deliverable },
})
/** The moves of work, and those of the application, as the room hears them. */
const told = async (its: Awaited<ReturnType<typeof agreed>>) =>
  (await eventsOf(w, its.roomId)).flatMap(({ type, data, actor }) => {
    if (type === 'deliverable.statusChanged') {
      const { deliverable, move, as } = data.deal as Part<'deliverable.statusChanged', 'deal'>
      return [`${as} ${move} ${deliverable}`]
    }
    const by = actor === SYSTEM ? 'system ' : ''
    return type === 'application.statusChanged' ? [`${by}${(data.deal as Part<'application.statusChanged', 'deal'>).move}`] : []
  })

describe('the work', () => {
  test('is handed in, revised, handed in again and approved; the first of it begins the delivery, the last approval completes the deal', async () => {
    const its = await agreed(w)
    const first = await submitDeliverable(w.as(its.creator), { ...of(its, 1), links, note: 'The first cut' })
    expect(first).toMatchObject({ state: 'delivering', version: its.version + 1, applicationId: its.applicationId, roomId: its.roomId })
    expect((await dealNow(w, its)).deliverables[0]).toMatchObject({
      state: 'submitted',
      submitted: first.seq,
      links,
      note: 'The first cut',
    })

    const asked = await reviewDeliverable(w.as(its.campaign.owner), {
      ...of(its, 1),
      submitted: first.seq,
      move: 'requestRevision',
      note: 'Shorter',
    })
    expect(asked).toMatchObject({ state: 'delivering', version: its.version + 1 })
    expect((await dealNow(w, its)).deliverables[0]).toMatchObject({ state: 'revisionRequested', rounds: 1, note: 'Shorter', links })

    const again = await submit(w, its, 1)
    expect((await review(w, its, 1, again, 'approve')).state).toBe('delivering')
    const last = await submit(w, its, 2)
    const done = await review(w, its, 2, last, 'approve')
    expect(done).toMatchObject({ state: 'completed', version: its.version + 2, seq: last.seq + 1 })
    const all = ['firstOffer', 'accept', 'creator submit 1', 'firstDelivery', 'brand requestRevision 1', 'creator submit 1']
    expect(await told(its)).toEqual([...all, 'brand approve 1', 'creator submit 2', 'brand approve 2', 'system allApproved'])
    expect(await rowOf(w, its)).toMatchObject({ state: 'completed', version: done.version, disputed_at: null, expires_at: null })
    expect(await verifyStream(w.db, its.roomId)).toMatchObject({ ok: true })
  })

  test('is sent again with the same answer, and its command is good for nothing else', async () => {
    const its = await agreed(w)
    const order = { ...of(its, 1), links, note: 'Here' }
    const answers = await Promise.all([submitDeliverable(w.as(its.creator), order), submitDeliverable(w.as(its.creator), order)])
    expect(answers[1]).toEqual(answers[0])
    for (const other of [{ note: 'There' }, { note: undefined }, { links: ['https://example.com/other'] }, { deliverable: 2 }])
      await expect(submitDeliverable(w.as(its.creator), { ...order, ...other })).rejects.toMatchObject(refusal('command.reused'))
    expect(await told(its)).toHaveLength(4)

    const approval = { ...of(its, 1), submitted: answers[0].seq, move: 'approve' as const }
    const approved = await reviewDeliverable(w.as(its.campaign.owner), approval)
    expect(await reviewDeliverable(w.as(its.campaign.owner), approval)).toEqual(approved)
    await expect(reviewDeliverable(w.as(its.campaign.owner), { ...approval, note: 'Fine' })).rejects.toMatchObject(
      refusal('command.reused'),
    )
  })

  test('is completed though one side has asked to cancel, and that request is over with it', async () => {
    const its = await agreed(w)
    await cancel(w, its.campaign.owner, its, 'cancel.request')
    expect(await submit(w, its, 1)).toMatchObject({ state: 'delivering+brand' })
    await handIn(w, its, 2)
    const { submitted } = (await dealNow(w, its)).deliverables[0]!
    expect(await review(w, its, 1, { seq: submitted! }, 'approve')).toMatchObject({ state: 'completed' })
    await expect(cancel(w, its.creator, its, 'cancel.confirm')).rejects.toMatchObject(refusal('application.illegalMove'))
  })

  test('is completed by an amendment that leaves out what is not approved', async () => {
    const its = await agreed(w)
    await handIn(w, its, 1)
    const less = someTerms({ deliverables: [{ platform: 'instagram', format: 'reel', count: 1, due: null }] })
    const place = await accept(w, its.creator, its, await propose(w, its.campaign.manager, its, { terms: less, basedOn: 1 }))
    expect(place).toMatchObject({ state: 'completed' })
    expect((await told(its)).at(-1)).toBe('system allApproved')
    expect((await dealNow(w, its)).deliverables.map(({ state }) => state)).toEqual(['approved', 'cancelled'])
  })

  test('is completed by the administrator who cancels the last piece that was open', async () => {
    const its = await agreed(w, someTerms({ revisionRounds: 0 }))
    await handIn(w, its, 1)
    await handIn(w, its, 2, 'dispute')
    const place = await resolve(w, await w.person('admin'), its, { what: 'deliverable', number: 2, move: 'cancel' })
    expect(place).toMatchObject({ state: 'completed' })
    expect((await told(its)).slice(-2)).toEqual(['admin cancel 2', 'system allApproved'])
  })
})

describe('a review', () => {
  test('asks for as many revisions as were agreed on; then there is approval or dispute, and no dispute before', async () => {
    const its = await agreed(w, someTerms({ revisionRounds: 1 }))
    const first = await submit(w, its, 1)
    await expect(review(w, its, 1, first, 'dispute')).rejects.toMatchObject(refusal('deliverable.roundsLeft'))
    await review(w, its, 1, first, 'requestRevision')
    const second = await submit(w, its, 1)
    await expect(review(w, its, 1, second, 'requestRevision')).rejects.toMatchObject(refusal('deliverable.noRounds'))
    expect(await review(w, its, 1, second, 'dispute')).toMatchObject({ state: 'delivering' })
    expect((await rowOf(w, its)).disputed_at).not.toBeNull()
    // The rounds are each piece's own.
    await handIn(w, its, 2, 'requestRevision')
    await expect(submit(w, its, 1)).rejects.toMatchObject(refusal('deliverable.illegalMove'))
  })

  test('is of the submission that it names', async () => {
    const its = await agreed(w, someTerms({ revisionRounds: 2 }))
    const first = await submit(w, its, 1)
    await review(w, its, 1, first, 'requestRevision')
    const second = await submit(w, its, 1)
    for (const move of ['approve', 'requestRevision', 'dispute'] as const)
      await expect(review(w, its, 1, first, move)).rejects.toMatchObject(refusal('resource.stale'))
    await review(w, its, 1, second, 'approve')
    await expect(review(w, its, 1, second, 'approve')).rejects.toMatchObject(refusal('deliverable.illegalMove'))
  })
})

describe('nothing comes of an order', () => {
  test('by the wrong side, a viewer or a stranger, or of a piece that there is not', async () => {
    const its = await agreed(w)
    const place = await submit(w, its, 1)
    const before = await told(its)
    const { owner, viewer } = its.campaign
    const approval = () => ({ ...of(its, 1), submitted: place.seq, move: 'approve' as const })
    for (const who of [owner, viewer])
      await expect(submitDeliverable(w.as(who), { ...of(its, 2), links })).rejects.toMatchObject(refusal('access.denied'))
    for (const who of [its.creator, viewer])
      await expect(reviewDeliverable(w.as(who), approval())).rejects.toMatchObject(refusal('access.denied'))
    const stranger = await parties(w)
    for (const who of [stranger.creator, stranger.campaign.owner, await w.person('admin')]) {
      const missing = { code: 'resource.notFound', message: 'No such application' }
      await expect(submitDeliverable(w.as(who), { ...of(its, 2), links })).rejects.toMatchObject(missing)
      await expect(reviewDeliverable(w.as(who), approval())).rejects.toMatchObject(missing)
      await expect(reviewDeliverable(w.as(who), { ...approval(), applicationId: newId() })).rejects.toMatchObject(missing)
    }
    await expect(submit(w, its, 3)).rejects.toMatchObject(refusal('resource.notFound'))
    await expect(review(w, its, 3, place, 'approve')).rejects.toMatchObject(refusal('resource.notFound'))
    await expect(submit(w, stranger, 1)).rejects.toMatchObject(refusal('resource.notFound')) // nothing is agreed there
    expect(await told(its)).toEqual(before)
  })

  test('once the deal is completed or cancelled', async () => {
    const done = await agreed(w, someTerms({ deliverables: [{ platform: 'instagram', format: 'reel', count: 1, due: null }] }))
    const place = await handIn(w, done, 1)
    await expect(submit(w, done, 1)).rejects.toMatchObject(refusal('application.illegalMove'))
    await expect(review(w, done, 1, place, 'approve')).rejects.toMatchObject(refusal('application.illegalMove'))

    const off = await agreed(w)
    const handed = await submit(w, off, 1)
    await cancel(w, off.creator, off, 'cancel.request')
    await cancel(w, off.campaign.manager, off, 'cancel.confirm')
    await expect(submit(w, off, 2)).rejects.toMatchObject(refusal('application.illegalMove'))
    await expect(review(w, off, 1, handed, 'approve')).rejects.toMatchObject(refusal('application.illegalMove'))
  })
})

test('links and notes that are erased are gone from the deal, and the log still verifies', async () => {
  const its = await agreed(w)
  const order = { ...of(its, 1), links, note: 'My own address is in it' }
  const place = await submitDeliverable(w.as(its.creator), order)
  const PERSONAL = /My own address|example\.com/
  const kept = async () => {
    const sql = `select coalesce(string_agg(x, ''), '') as text from (select to_jsonb(e)::text from event e where stream_id = $1
      union all select to_jsonb(c)::text from command c where id = $2) s (x)`
    return (await w.db.pool.query<{ text: string }>(sql, [its.roomId, order.commandId])).rows[0]!.text
  }
  expect(await kept()).toMatch(PERSONAL)
  const by = { streamId: its.roomId, actor: SYSTEM, commandId: commandId(), accessVersion: null }
  await w.db.orm.em.fork().transactional((em) => erase(em, w.db.log, { ...by, seqs: [place.seq], reason: 'personRequest' }))
  expect((await dealNow(w, its)).deliverables[0]).toMatchObject({ state: 'submitted', submitted: place.seq, links: null, note: null })
  expect(await kept()).not.toMatch(PERSONAL)
  // What is gone is compared with nothing.
  expect(await submitDeliverable(w.as(its.creator), { ...order, note: 'Else' })).toEqual(place)
  expect(await review(w, its, 1, place, 'approve')).toMatchObject({ state: 'delivering' })
  expect(await verifyStream(w.db, its.roomId)).toMatchObject({ ok: true })
})
