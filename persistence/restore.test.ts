import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RoomId } from '../client-sdk/contract/index.ts'
import type { Database } from './database.ts'
import { checkEpoch, rebase } from './epoch.ts'
import { type Follower, follow } from './followers.ts'
import { query } from './sql.ts'
import { type OwnCluster, ownCluster } from './testing/cluster.ts'
import { collected, createCollected, everything } from './testing/collected.ts'
import { aRoom, says } from './testing/log.ts'
import { verifyStream } from './verify.ts'

let old: OwnCluster
let fresh: OwnCluster
let folder: string
beforeAll(async () => {
  const clusters = await Promise.all([ownCluster(), ownCluster()])
  old = clusters[0]
  fresh = clusters[1]
  folder = await mkdtemp(join(tmpdir(), `parley-test-${process.pid}-`))
  await chmod(folder, 0o777) // PostgreSQL's own account writes here
})
afterAll(async () => {
  await Promise.all([old.stop(), fresh.stop()])
  await rm(folder, { recursive: true, force: true })
})

const collector: Follower = {
  name: 'collector',
  batch: 10,
  handle: async (em, events) =>
    void (await query(
      em,
      `insert into collected (who, stream_id, seq) select 'it', s, q from unnest($1::uuid[], $2::bigint[]) as u (s, q)`,
      [events.map((e) => e.roomId), events.map((e) => e.seq)],
    )),
}
const talk = (db: Database, rooms: RoomId[], words: string) =>
  Promise.all(rooms.flatMap((id) => [0, 1, 2, 3].map((i) => db.log.submit(says(id, `${words} ${i}`)))))
const tables = async (superuser: pg.Client) =>
  (await superuser.query<{ name: string }>(`select tablename as name from pg_tables where schemaname = 'parley' order by 1`)).rows.map(
    (r) => r.name,
  )
const lastId = async (superuser: pg.Client) => (await superuser.query<{ x: string }>('select pg_current_xact_id()::text as x')).rows[0]!.x

/** What pg_dump and pg_restore do: every row of every table, and where the sequences stand. */
async function dumpAndRestore(from: pg.Client, to: pg.Client): Promise<void> {
  const names = await tables(from)
  expect(await tables(to)).toEqual(names)
  await to.query(`set session_replication_role = replica; truncate ${names.map((name) => `parley.${name}`).join()}`)
  for (const name of names) {
    const file = join(folder, name)
    await from.query(`copy parley.${name} to '${file}'`)
    await to.query(`copy parley.${name} from '${file}'`)
  }
  const sequences = `select sequencename as name, last_value from pg_sequences where schemaname = 'parley' and last_value is not null`
  for (const { name, last_value } of (await from.query<{ name: string; last_value: string }>(sequences)).rows)
    await to.query(`select setval('parley.${name}', ${last_value})`)
}

/** The program that an operator runs. */
async function logRebase(databaseUrl: string): Promise<{ code: number; said: string }> {
  const script = join(import.meta.dirname, '..', 'scripts', 'log-rebase.ts')
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script], { env: { ...process.env, DATABASE_URL: databaseUrl } })
    return { code: 0, said: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, said: stdout + stderr }
  }
}

test('P2: after a restore into another cluster a start is refused until the log is rebased; then followers skip nothing', async () => {
  const oldUrl = await old.database()
  const before = await old.client(oldUrl)
  await createCollected(before)
  await before.query(`create temp table burnt (); do $$ begin for i in 1..20000 loop
    begin insert into burnt default values; raise 'undo'; exception when raise_exception then null; end; end loop; end $$`)
  const source = await old.open(oldUrl)
  const rooms = await Promise.all([1, 2, 3].map(() => aRoom(source)))
  await talk(source, rooms, 'read')
  const reading = follow(source, collector, 20)
  await expect.poll(() => collected(before), { timeout: 10_000 }).toEqual(await everything(before))
  await reading.stop()
  await talk(source, rooms, 'not read yet')
  await checkEpoch(oldUrl)

  const url = await fresh.database()
  const superuser = await fresh.client(url)
  await createCollected(superuser)
  await dumpAndRestore(before, superuser)
  expect(BigInt(await lastId(superuser))).toBeLessThan(BigInt((await before.query('select min(tx) from parley.event')).rows[0].min))
  await expect(checkEpoch(url)).rejects.toThrow(/restored into another PostgreSQL cluster.*npm run log:rebase/)

  expect(await logRebase(url)).toMatchObject({ code: 0, said: expect.stringMatching(/^Done: .* ids above \d+\. Parley can start\.\n$/) })
  await checkEpoch(url)
  expect(await logRebase(url)).toMatchObject({ code: 0, said: expect.stringMatching(/^Nothing to do: [^\n]*\n$/) })

  const target = await fresh.open(url)
  const horizon = (await target.log.grownSince(null)).horizon
  const going = follow(target, collector, 20)
  await expect.poll(() => collected(superuser), { timeout: 10_000 }).toEqual(await everything(superuser))
  const room = await aRoom(target)
  await talk(target, [...rooms, room], 'new')
  expect((await target.log.grownSince(horizon)).heads).toEqual(new Map([...rooms.map((id) => [id, 12] as const), [room, 4]]))
  await expect.poll(() => collected(superuser), { timeout: 10_000 }).toEqual(await everything(superuser))
  await going.stop()
  for (const id of rooms) {
    expect(await verifyStream(target, id)).toMatchObject({ ok: true, seq: 12 })
    const { rows } = await superuser.query('select seq::int from parley.event where stream_id = $1 order by event.tx, event.pos', [id])
    expect(rows.map((r) => r.seq)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1))
  }
})

test('without it, followers would see nothing that is new: that is what the refusal is for', async () => {
  const url = await fresh.database()
  const db = await fresh.open(url)
  const superuser = await fresh.client(url)
  await createCollected(superuser)
  const room = await aRoom(db)
  await db.log.submit(says(room, 'old'))
  // As if its log had been written where ids were higher.
  await superuser.query(`set session_replication_role = replica; update parley.event set tx = 1000000;
    update parley.stream set last_tx = 1000000; update parley.log_epoch set system_identifier = 42`)
  const blind = follow(db, collector, 20)
  await db.log.submit(says(room, 'new'))
  await new Promise((turn) => setTimeout(turn, 200))
  expect(await collected(superuser)).toEqual(new Map())
  await blind.stop()

  await expect(checkEpoch(url)).rejects.toThrow('its log was written in 42')
  await superuser.query('update parley.stream set last_tx = 0') // the events alone say how high it has to be
  expect(await rebase(url)).toBe(1_000_001n)
  const seeing = follow(db, collector, 20)
  await expect.poll(() => collected(superuser), { timeout: 10_000 }).toEqual(await everything(superuser))
  await seeing.stop()
})

test('a restore back into the first cluster is refused too, and rebased above both', async () => {
  const url = await fresh.database()
  const superuser = await fresh.client(url)
  await superuser.query('set search_path = parley; insert into log_epoch select 42, tx_offset + 5000 from log_epoch')
  await expect(checkEpoch(url)).rejects.toThrow('its log was written in 42')
  expect(await rebase(url)).toBe(5001n)
  await checkEpoch(url)
  expect(await rebase(url)).toBeNull()
})

test('two rebases at once make one', async () => {
  const url = await fresh.database()
  const superuser = await fresh.client(url)
  await superuser.query('update parley.log_epoch set system_identifier = 42')
  const offsets = await Promise.all([rebase(url), rebase(url)])
  expect(offsets.filter((o) => o === null)).toHaveLength(1)
  expect((await superuser.query('select from parley.log_epoch')).rowCount).toBe(2)
})

test('the script says in one line why it could do nothing', async () => {
  const { code, said } = await logRebase('postgres://nobody:wrong@127.0.0.1:9/none')
  expect(code).toBe(1)
  expect(said).toMatch(/^The log was not rebased\. .*ECONNREFUSED.*\n$/)
})
