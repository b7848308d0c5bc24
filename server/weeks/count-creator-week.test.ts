import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RoomId } from '../../client-sdk/contract/index.ts'
import { say } from '../digest/testing.ts'
import { removeMember } from '../rooms/remove-member.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { countCreatorWeek } from './count-creator-week.ts'
import { counting, daysAgo, nextWeek, superuserOf } from './testing.ts'
import { lastWeek } from './week.ts'

let w: World
let superuser: pg.Client
beforeAll(async () => {
  w = await world()
  superuser = await superuserOf(w)
})
afterAll(async () => {
  await superuser.end()
  await w.close()
})

const kept = async (): Promise<Record<string, string>> => {
  const { rows } = await w.db.pool.query<{ user_id: string; cohort: string }>(
    'select user_id, cohort from creator_week where week = $1::date order by user_id',
    [lastWeek(nextWeek()).week],
  )
  return Object.fromEntries(rows.map(({ user_id, cohort }) => [user_id, cohort]))
}

test('a creator is new, active or returning in a week, or not of it; the same again changes nothing', async () => {
  const owner = await w.person('brand')
  const creators = async () => ({ person: await w.person(), roomId: '' as RoomId })
  const [active, returning, lapsed, silent, removed] = [
    await creators(),
    await creators(),
    await creators(),
    await creators(),
    await creators(),
  ]
  const joined = async (person: TestPerson) =>
    w.room('application', [
      [owner, 'owner'],
      [person, 'creator'],
    ])
  for (const one of [active, returning, lapsed, silent, removed]) one.roomId = await joined(one.person)
  const told = await w.room('campaign', [
    [owner, 'owner'],
    [silent.person, 'creator'],
  ])
  const speak = ({ person, roomId }: typeof active) => say(w, person, roomId)
  await speak(returning)
  await daysAgo(superuser, 7)
  for (const one of [active, lapsed]) await speak(one)
  await daysAgo(superuser, 7)
  const [fresh, freshAndBusy] = [await creators(), await creators()]
  freshAndBusy.roomId = await joined(freshAndBusy.person)
  for (const one of [active, returning, removed, freshAndBusy]) await speak(one)
  await say(w, owner, told)
  await say(w, owner, silent.roomId)
  await removeMember(w.as(owner), { commandId: commandId(), roomId: removed.roomId, userId: removed.person.userId })
  const marks: string[] = []
  await countCreatorWeek(w.asSystem(), counting({ alive: (last) => marks.push(last) }))
  const expected = {
    [active.person.userId]: 'active',
    [returning.person.userId]: 'returning',
    [removed.person.userId]: 'returning',
    [fresh.person.userId]: 'new',
    [freshAndBusy.person.userId]: 'new',
  }
  expect(await kept()).toEqual(expected)
  expect(marks).toHaveLength(1)
  await speak(lapsed)
  await Promise.all([
    countCreatorWeek(w.asSystem(), counting({ after: marks[0]! })),
    countCreatorWeek(w.asSystem(), counting({ after: marks[0]! })),
  ])
  expect(await kept()).toEqual(expected)
  await Promise.all([countCreatorWeek(w.asSystem(), counting()), countCreatorWeek(w.asSystem(), counting())])
  expect(await kept()).toEqual({ ...expected, [lapsed.person.userId]: 'active' }) // what is missing is made up for
})

test('nothing of a person is kept but their id, and that goes with them', async () => {
  const person = await w.person()
  await countCreatorWeek(w.asSystem(), counting())
  expect((await kept())[person.userId]).toBe('new')
  await superuser.query('delete from person where id = $1', [person.userId])
  expect((await kept())[person.userId]).toBeUndefined()
  const { rows } = await w.db.pool.query('select * from creator_week limit 1')
  expect(Object.keys(rows[0])).toEqual(['week', 'user_id', 'cohort'])
})

test('more creators than a page has are all of the week', async () => {
  await superuser.query(
    `with p as (insert into stream (id, kind, last_hash) select gen_random_uuid(), 'user', '' from generate_series(1, 250) returning id)
     insert into person (id, email, name, role, password_hash) select id, id || '@example.com', 'c', 'creator', '' from p`,
  )
  const marks: string[] = []
  await countCreatorWeek(w.asSystem(), counting({ alive: (last) => marks.push(last) }))
  expect(Object.keys(await kept()).length).toBeGreaterThanOrEqual(250)
  expect(marks.length).toBeGreaterThanOrEqual(2)
  expect(marks).toEqual(marks.toSorted())
})
