import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { apply } from '../applications/testing.ts'
import { lockBrand } from '../brands/changing-brand.ts'
import { makeTeam } from '../brands/testing.ts'
import { commandId, type World, world } from '../testing.ts'
import { createCampaign } from './create-campaign.ts'
import { inviteCreator } from './guests.ts'
import { published } from './testing.ts'
import { updateCampaign } from './update-campaign.ts'

let w: World
let superuser: pg.Client
beforeAll(async () => {
  w = await world()
  superuser = new pg.Client({ connectionString: w.url, options: '-c search_path=parley' })
  await superuser.connect()
})
afterAll(async () => {
  await superuser.end()
  await w.close()
})

/** Does `first`, and commits it once `second`, which had its rights when it began, waits for a row of it. */
async function meanwhile(first: string, values: unknown[], second: () => Promise<unknown>): Promise<unknown> {
  await superuser.query('begin')
  await superuser.query(first, values)
  const outcome = second().then(
    () => 'done',
    (error: unknown) => error,
  )
  await vi.waitFor(async () => {
    const { rows } = await superuser.query(`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`)
    expect(rows).toHaveLength(1)
  })
  await superuser.query('commit')
  return outcome
}

test('whoever is taken from the guests while they apply has not applied', async () => {
  const brand = await makeTeam(w)
  const { campaignId } = await published(w, brand, { visibility: 'invited' })
  const guest = await w.person('creator')
  await inviteCreator(w.as(brand.owner), { commandId: commandId(), campaignId, email: guest.email })
  const taken = `with held as materialized (select id from campaign where id = $1 for update)
    delete from campaign_guest where campaign_id in (select id from held)`
  expect(await meanwhile(taken, [campaignId], () => apply(w, guest, campaignId))).toMatchObject({ code: 'resource.notFound' })
})

test('whoever is shut out while they make a campaign has made none', async () => {
  const { brandId, manager } = await makeTeam(w)
  const making = () => createCampaign(w.as(manager), { commandId: commandId(), brandId, title: 'Too late' })
  const outcome = await meanwhile('update person set blocked_at = now() where id = $1', [manager.userId], making)
  expect(outcome).toMatchObject({ code: 'resource.notFound' })
  const { rows } = await superuser.query(`select from campaign where brand_id = $1`, [brandId])
  expect(rows).toEqual([])
})

test('a team that is being changed holds up nobody who changes what a campaign says: locks are taken in one order', async () => {
  const brand = await makeTeam(w)
  const { campaignId, version } = await published(w, brand)
  await w.asSystem().em.transactional(async (em) => {
    await lockBrand(em, brand.brandId)
    const change = { commandId: commandId(), campaignId, version, title: 'A title, which is written with its words' }
    expect(await updateCampaign(w.as(brand.owner), change)).toMatchObject({ version: version + 1 })
  })
})
