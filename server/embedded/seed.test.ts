import { afterAll, beforeAll, expect, test } from 'vitest'
import { bindingOffer, type Deal, nextMoves, openOffer, type RoomId } from '../../client-sdk/contract/index.ts'
import { dealOf } from '../../persistence/deals.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { type World, world } from '../testing.ts'
import { seed } from './seed.ts'

let w: World
beforeAll(async () => {
  w = await world()
  await seed(w.house)
}, 60_000)
afterAll(() => w.close())

async function roomOf(title: string): Promise<RoomId> {
  const { rows } = await w.db.pool.query<{ id: RoomId }>(
    `select e.stream_id as id from event e where e.type = 'room.created' and e.personal::jsonb ->> 'title' = $1`,
    [title],
  )
  return rows[0]!.id
}
const dealAbout = async (title: string): Promise<Deal> => (await dealOf(w.db.pool, await roomOf(title)))!

test('there is a deal at every stage', async () => {
  const now = w.house.now().toISOString()
  const waiting = await dealAbout('Slow Mornings × Данило Коваль')
  expect(waiting).toMatchObject({ state: 'negotiating', binding: null })
  expect(waiting.offers.map(({ state }) => state)).toEqual(['countered', 'countered', 'countered', 'proposed'])
  expect(waiting.comments).toHaveLength(3)
  expect([nextMoves(waiting, 'owner', now).offer, nextMoves(waiting, 'creator', now).offer]).toMatchObject([
    ['counter', 'accept', 'decline'],
    ['withdraw'],
  ])
  expect(nextMoves(await dealAbout('Mended × Lucía Ferrer'), 'creator', now).offer).toContain('accept')
  expect(openOffer(await dealAbout('Slow Mornings × Aiko Tanaka'))).toMatchObject({ offer: 1, by: 'creator' })

  expect(await dealAbout('Cold Brew on the Roof × Lucía Ferrer')).toMatchObject({ state: 'agreed', binding: 1 })
  const work = await dealAbout('Autumn Box, Unpacked × Aiko Tanaka')
  expect(work).toMatchObject({ state: 'delivering', deliverables: [{ state: 'revisionRequested', rounds: 1 }, { state: 'approved' }] })
  const done = await dealAbout('Autumn Box, Unpacked × Kwame Asante')
  expect(done).toMatchObject({ state: 'completed', milestones: [{ state: 'confirmed' }, { state: 'confirmed' }] })
  expect(await dealAbout('Autumn Box, Unpacked × Данило Коваль')).toMatchObject({ deliverables: [{ state: 'disputed' }] })
  expect(await dealAbout('Autumn Box, Unpacked × Lucía Ferrer')).toMatchObject({ state: 'agreed+creator' })

  const amending = await dealAbout('Mended × Данило Коваль')
  expect([amending.binding, openOffer(amending)?.basedOn]).toEqual([1, 1])
  const amended = await dealAbout('Night on the Ridge × Aiko Tanaka')
  expect([amended.binding, bindingOffer(amended)?.basedOn]).toEqual([2, 1])
})

test('two deals wait for an administrator', async () => {
  const { rows } = await w.db.pool.query(`select 1 from application where disputed_at is not null or state like '%+%'`)
  expect(rows).toHaveLength(2)
})

test('nobody is left signed in, and every room’s log verifies', async () => {
  expect((await w.db.pool.query('select 1 from session where ended_at is null')).rows).toEqual([])
  const { rows } = await w.db.pool.query<{ id: RoomId }>(`select stream_id as id from event where type = 'room.created'`)
  expect(rows.length).toBeGreaterThan(20)
  for (const { id } of rows) expect(await verifyStream(w.db, id)).toMatchObject({ ok: true })
})

/** What was told in each room, in order. */
async function told({ db }: World): Promise<unknown[]> {
  const { rows } = await db.pool.query(
    `select r.personal::jsonb ->> 'title' as room, array_agg(e.type order by e.seq) as types
      from event r join event e on e.stream_id = r.stream_id where r.type = 'room.created' group by r.stream_id, 1 order by 1`,
  )
  return rows.filter(({ room }) => !room.includes('The Summer Filter')) // each try makes it anew
}

test('one that is stopped again and again, in the middle of whatever, ends with the same', { timeout: 60_000 }, async () => {
  let left = 0
  const now = () => {
    if (--left === 0) throw new Error('Stopped')
    return new Date()
  }
  const other = await world({ now })
  try {
    let tries = 1
    for (let isDone = false; !isDone; tries++) {
      left = 40 * tries
      isDone = await seed(other.house).then(
        () => true,
        (error) => error.message !== 'Stopped' && Promise.reject(error),
      )
    }
    expect(tries).toBeGreaterThan(5)
    expect(await told(other)).toEqual(await told(w))
  } finally {
    await other.close()
  }
})
