import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BrandId } from '../../client-sdk/contract/index.ts'
import { commandId, type World, world } from '../testing.ts'
import { removeFromTeam } from './change-team.ts'
import { makeTeam, type Team } from './testing.ts'

/** More than a smallint counts. */
const ROOMS = 33_000
let w: World
let superuser: pg.Client
let brand: Team
beforeAll(async () => {
  w = await world()
  superuser = new pg.Client({ connectionString: w.url, options: '-c search_path=parley' })
  await superuser.connect()
  brand = await makeTeam(w)
  await fillRooms(brand)
}, 60_000)
afterAll(async () => {
  await superuser.end()
  await w.close()
})

/** Rooms as if creators had applied, straight into the tables. */
async function fillRooms({ brandId, owner, manager }: Team): Promise<void> {
  await superuser.query('create temp table filled as select gen_random_uuid() as id from generate_series(1, $1::int)', [ROOMS])
  await superuser.query(`insert into stream (id, kind, last_hash) select id, 'room', decode(repeat('5a', 32), 'hex') from filled`)
  await superuser.query(`insert into room (id, kind, brand_id, members, told_members) select id, 'application', $1, 2, 2 from filled`, [
    brandId,
  ])
  await superuser.query(
    `insert into member (room_id, actor_key, user_id, role, since) select f.id, gen_random_uuid(), u.id, u.role, 1
       from filled f cross join unnest($1::uuid[], $2::text[]) as u (id, role)`,
    [
      [owner.userId, manager.userId],
      ['owner', 'manager'],
    ],
  )
  await superuser.query('analyze')
}

const rolesOf = async (brandId: BrandId) =>
  (
    await superuser.query(
      `select m.role, count(*)::int as n from active_member m join room r on r.id = m.room_id where r.brand_id = $1 group by 1 order by 1`,
      [brandId],
    )
  ).rows

test('the team of a brand with tens of thousands of rooms can be changed, in all of them in one', async () => {
  const { brandId, owner, manager } = brand
  await removeFromTeam(w.as(owner), { commandId: commandId(), brandId, userId: manager.userId })
  const { rows: raised } = await superuser.query(
    'select access_version::int as v, count(*)::int as n from stream s join room r on r.id = s.id where brand_id = $1 group by 1',
    [brandId],
  )
  expect(raised).toEqual([{ v: 1, n: ROOMS }])
  expect(await rolesOf(brandId)).toEqual([{ role: 'owner', n: ROOMS }])
}, 60_000)
