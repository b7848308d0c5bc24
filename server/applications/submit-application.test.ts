import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../client-sdk/contract/index.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { bringIn, makeTeam } from '../brands/testing.ts'
import { inviteCreator } from '../campaigns/guests.ts'
import { moveCampaign } from '../campaigns/move-campaign.ts'
import { blockPerson } from '../people/block-person.ts'
import { commandId, type World, world } from '../testing.ts'
import { getApplication } from './get-application.ts'
import { submitApplication } from './submit-application.ts'
import { apply, countsOf, eventsOf, membersOf, openCampaign, pass, submission, terms } from './testing.ts'

let w: World
let superuser: pg.Client
beforeAll(async () => {
  w = await world()
  superuser = new pg.Client({ connectionString: w.url })
  await superuser.connect()
})
afterAll(async () => {
  await superuser.end()
  await w.close()
})
const refusal = (code: string) => ({ code })
const questions = [
  { key: 'why', text: 'Why you?', required: true },
  { key: 'when', text: 'When?', required: false },
]

describe('an application', () => {
  test('is told in a room of its own, with the team and the creator in it, and lets the creator into the campaign’s', async () => {
    const campaign = await openCampaign(w, { questions })
    const creator = await w.person('creator', 'Ann')
    const answers = [{ key: 'why', text: 'Because' }]
    const place = await apply(w, creator, campaign.campaignId, { answers, terms })
    expect(place).toMatchObject({ version: 1, state: 'submitted' })

    const key = await w.keyOf(place.roomId, creator)
    const { applicationId } = place
    const asked = [{ key: 'why', text: 'Because', question: 'Why you?' }]
    expect(await eventsOf(w, place.roomId)).toMatchObject([
      { type: 'room.created', data: { deal: { kind: 'application' }, personal: { title: 'Autumn × Ann' } } },
      {
        type: 'application.submitted',
        actor: key,
        data: { deal: { applicationId, campaignId: campaign.campaignId }, personal: { cover: 'I would love to', answers: asked } },
      },
      { type: 'offer.proposed', actor: key, data: { deal: { offer: 1, by: 'creator', terms }, personal: null } },
      ...Array.from({ length: 4 }, () => ({ type: 'room.memberAdded' })),
    ])
    expect(await membersOf(w, place.roomId)).toEqual(['creator', 'manager', 'owner', 'viewer'])
    expect(await membersOf(w, campaign.roomId)).toEqual(['creator', 'manager', 'owner', 'viewer'])
    const own = await eventsOf(w, creator.userId as never)
    expect(own.at(-1)).toMatchObject({ type: 'membership.started', data: { deal: { roomId: campaign.roomId, role: 'creator' } } })
    expect((await eventsOf(w, campaign.roomId)).filter(({ type }) => type === 'room.memberAdded')).toHaveLength(3)
    expect((await countsOf(w, campaign.campaignId)).counted).toEqual({ submitted: 1 })
    expect(await verifyStream(w.db, place.roomId)).toMatchObject({ ok: true })

    const seen = { applicationId, cover: 'I would love to', answers: asked, terms, hasTerms: true, title: 'Autumn', notesRoomId: null }
    expect(await getApplication(w.as(creator), { applicationId })).toMatchObject({ ...seen, me: 'creator' })
    expect(await getApplication(w.as(campaign.viewer), { applicationId })).toMatchObject({ ...seen, me: 'viewer' })
    const { rows } = await w.db.pool.query('select version, state from campaign where id = $1', [campaign.campaignId])
    expect(rows).toEqual([{ version: 2, state: 'open' }])
  })

  test('is made once, however often its command comes, and the same command is good for nothing else', async () => {
    const { campaignId } = await openCampaign(w)
    const creator = await w.person()
    const input = submission(campaignId, { terms })
    const places = await Promise.all([1, 2, 3].map(() => submitApplication(w.as(creator), input)))
    expect(new Set(places.map(({ applicationId }) => applicationId)).size).toBe(1)
    for (const other of [{ cover: 'Something else' }, { terms: null }])
      await expect(submitApplication(w.as(creator), { ...input, ...other })).rejects.toMatchObject(refusal('command.reused'))
    expect((await countsOf(w, campaignId)).real).toEqual({ submitted: 1 })
  })

  test('keeps what was said in the log alone', async () => {
    const { campaignId } = await openCampaign(w, { questions })
    await apply(w, await w.person(), campaignId, { cover: 'xyzzy-cover', answers: [{ key: 'why', text: 'xyzzy-answer' }] })
    const { rows: tables } = await superuser.query<{ name: string }>(
      `select table_name as name from information_schema.tables where table_schema = 'parley' and table_type = 'BASE TABLE'`,
    )
    const having: string[] = []
    for (const { name } of tables)
      if ((await superuser.query(`select from parley.${name} t where t::text like '%xyzzy%'`)).rowCount) having.push(name)
    expect(having).toEqual(['event'])
  })

  test('of one creator to one campaign is one, though two are sent at once', async () => {
    const { campaignId } = await openCampaign(w)
    const creator = await w.person()
    const settled = await Promise.allSettled([1, 2, 3, 4].map(() => apply(w, creator, campaignId)))
    const codes = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))
    expect(codes).toEqual(Array(3).fill('application.exists'))
    const { counted, real } = await countsOf(w, campaignId)
    expect(counted).toEqual({ submitted: 1 })
    expect(real).toEqual(counted)
  })

  test('of a long-named creator to a long-named campaign has a room with a name that fits', async () => {
    const { campaignId } = await openCampaign(w, { title: '🎉'.repeat(70) })
    const { roomId } = await apply(w, await w.person('creator', `${'a'.repeat(58)}${'🎉'.repeat(60)}`), campaignId)
    const [created] = await eventsOf(w, roomId)
    const { title } = created!.data.personal as { title: string }
    expect(title.length).toBeLessThanOrEqual(200)
    expect(title.isWellFormed()).toBe(true)
  })
})

describe('to apply is refused', () => {
  test('to whoever may not: teams, administrators, and, as if it were not there, who may not see the campaign', async () => {
    const { campaignId, owner, manager, viewer } = await openCampaign(w)
    for (const person of [owner, manager, viewer, await w.person('admin'), await w.person('brand')])
      await expect(apply(w, person, campaignId)).rejects.toMatchObject(refusal('access.denied'))
    const invited = await openCampaign(w, { visibility: 'invited' })
    const creator = await w.person()
    for (const id of [invited.campaignId, newId<typeof campaignId>()])
      await expect(apply(w, creator, id)).rejects.toMatchObject({ code: 'resource.notFound', message: 'No such campaign' })
    await inviteCreator(w.as(invited.owner), { commandId: commandId(), campaignId: invited.campaignId, email: creator.email })
    expect(await apply(w, creator, invited.campaignId)).toMatchObject({ state: 'submitted' })
    const blocked = await w.person()
    await blockPerson(w.as(await w.person('admin')), { commandId: commandId(), userId: blocked.userId })
    await expect(apply(w, blocked, campaignId)).rejects.toMatchObject(refusal('resource.notFound'))
  })

  test('where the campaign takes none now, or the time is over by PostgreSQL’s clock', async () => {
    const creator = await w.person()
    for (const move of ['pause', 'close', 'cancel'] as const) {
      const { campaignId, owner } = await openCampaign(w)
      const reason = move === 'cancel' ? 'No budget' : undefined
      await moveCampaign(w.as(owner), { commandId: commandId(), campaignId, version: 2, move, reason })
      await expect(apply(w, creator, campaignId)).rejects.toMatchObject(refusal('campaign.notOpen'))
    }
    for (const which of ['apply_by', 'decide_by'] as const) {
      const { campaignId } = await openCampaign(w)
      await pass(superuser, campaignId, which)
      await expect(apply(w, creator, campaignId)).rejects.toMatchObject(refusal('deadline.passed'))
      expect((await countsOf(w, campaignId)).real).toEqual({})
    }
  })

  test('with a deliverable due on a day that is over everywhere, and not with one that somewhere is not', async () => {
    const { campaignId } = await openCampaign(w)
    const creator = await w.person()
    const { rows } = await w.db.pool.query<{ over: string; lasting: string }>(
      `select (now() at time zone 'UTC')::date - 2 || '' as over, (now() at time zone 'UTC')::date - 1 || '' as lasting`,
    )
    const dueOn = (...days: (string | null)[]) => ({
      terms: { ...terms, deliverables: days.map((due) => ({ ...terms.deliverables[0]!, due })) },
    })
    for (const days of [[rows[0]!.over], [null, '0001-01-01'], ['9999-12-31', rows[0]!.over]])
      await expect(apply(w, creator, campaignId, dueOn(...days))).rejects.toMatchObject(refusal('deadline.passed'))
    expect(await countsOf(w, campaignId)).toEqual({ counted: {}, real: {} })
    expect(await apply(w, creator, campaignId, dueOn(null, rows[0]!.lasting, '9999-12-31'))).toMatchObject({ state: 'submitted' })
  })

  test('without the answers that are required, with others, and with terms of nothing that there is', async () => {
    const { campaignId } = await openCampaign(w, { questions })
    const creator = await w.person()
    const why = { key: 'why', text: 'Because' }
    for (const answers of [[], [{ key: 'when', text: 'Now' }], [why, { key: 'who', text: 'Me' }]])
      await expect(apply(w, creator, campaignId, { answers })).rejects.toMatchObject(refusal('application.incomplete'))
    const nowhere = { ...terms, deliverables: [{ ...terms.deliverables[0]!, platform: 'nowhere' }] }
    await expect(apply(w, creator, campaignId, { answers: [why], terms: nowhere })).rejects.toMatchObject(refusal('catalogue.unknown'))
    expect(await countsOf(w, campaignId)).toEqual({ counted: {}, real: {} })
  })
})

test('whoever applies while the campaign is closed or cancelled is in before it, or is told', async () => {
  for (const move of ['close', 'cancel'] as const) {
    const { campaignId, owner } = await openCampaign(w)
    const creators = await Promise.all(Array.from({ length: 6 }, () => w.person()))
    const reason = move === 'cancel' ? 'No budget' : undefined
    const closing = { commandId: commandId(), campaignId, version: 2, move, reason }
    const settled = await Promise.allSettled([
      ...creators.slice(0, 3).map((creator) => apply(w, creator, campaignId)),
      moveCampaign(w.as(owner), closing),
      ...creators.slice(3).map((creator) => apply(w, creator, campaignId)),
    ])
    const codes = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))
    expect(new Set([...codes, 'campaign.notOpen'])).toEqual(new Set(['campaign.notOpen']))
    const { counted, real } = await countsOf(w, campaignId)
    expect(counted).toEqual(real)
    expect(real.submitted ?? 0).toBe(6 - codes.length)
  }
})

test('whoever comes to the team while somebody applies is in the application’s room all the same', async () => {
  const team = await makeTeam(w)
  const { campaignId } = await openCampaign(w, { team })
  const newcomers = await Promise.all(Array.from({ length: 3 }, () => w.person('brand')))
  const creators = await Promise.all(Array.from({ length: 3 }, () => w.person()))
  const [places] = await Promise.all([
    Promise.all(creators.map((creator) => apply(w, creator, campaignId))),
    Promise.all(newcomers.map((person) => bringIn(w, { ...team, role: 'viewer' }, person))),
  ])
  for (const { roomId } of places) {
    expect(await membersOf(w, roomId)).toEqual(['creator', 'manager', 'owner', 'viewer', 'viewer', 'viewer', 'viewer'])
    expect(await verifyStream(w.db, roomId)).toMatchObject({ ok: true })
  }
})
