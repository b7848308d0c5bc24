import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { newId, type RoomId } from '../client-sdk/contract/index.ts'
import { openDatabase } from './database.ts'
import { createStream } from './event-log.ts'
import { dangerouslyMigrateDown, migrate } from './migrate.ts'
import { ownCluster } from './testing/cluster.ts'
import { says } from './testing/log.ts'

let cluster: pg.Client
let url: string
const made: string[] = []
beforeAll(async () => {
  cluster = new pg.Client({ connectionString: inject('postgresUrl') })
  await cluster.connect()
})
beforeEach(async () => {
  url = await emptyDatabase()
})
afterAll(async () => {
  for (const name of made) await cluster.query(`drop database ${name} with (force)`)
  await cluster.end()
})

async function emptyDatabase(): Promise<string> {
  const name = `t_${randomBytes(8).toString('hex')}`
  await cluster.query(`create database ${name}`)
  made.push(name)
  const address = new URL(inject('postgresUrl'))
  address.pathname = name
  return address.href
}

async function ask<T extends pg.QueryResultRow>(sql: string, at = url): Promise<T[]> {
  const client = new pg.Client({ connectionString: at })
  await client.connect()
  try {
    return (await client.query<T>(sql)).rows
  } finally {
    await client.end()
  }
}

/** Everything that the migrations make, as text, with who may do what. */
const structure = async (at = url): Promise<string[]> =>
  (
    await ask<{ line: string }>(
      `select format('%s.%s %s%s default %s', attrelid::regclass, attname, format_type(atttypid, atttypmod), case when attnotnull then ' not null' end, pg_get_expr(adbin, adrelid)) as line
         from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum join pg_class c on c.oid = attrelid
        where relnamespace = 'parley'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
       union all select format('%s %s %s %s', relkind, oid::regclass, relacl, reloptions) from pg_class where relnamespace = 'parley'::regnamespace and relkind in ('r', 'S')
       union all select format('%s may %s', attrelid::regclass || '.' || attname, attacl) from pg_attribute where attacl is not null and attrelid::regclass::text like 'parley.%'
       union all select pg_get_indexdef(indexrelid) from pg_index join pg_class c on c.oid = indrelid where relnamespace = 'parley'::regnamespace
       union all select format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) from pg_constraint where connamespace = 'parley'::regnamespace
       union all select pg_get_triggerdef(oid) from pg_trigger where tgrelid::regclass::text like 'parley.%' and not tgisinternal
       union all select format('%s %s', pg_get_functiondef(oid), proacl) from pg_proc where pronamespace = 'parley'::regnamespace
       order by 1`,
      at,
    )
  ).map((row) => row.line)

const works = async () => {
  const db = await openDatabase({ url })
  const room = newId<RoomId>()
  await db.orm.em.fork().transactional((em) => createStream(em, room, 'room'))
  expect(await db.log.submit(says(room, 'hi'))).toMatchObject({ seq: 1 })
  await db.close()
}

test('up, down and up again ends where it began, and works', async () => {
  await migrate(url)
  const first = await structure()
  expect(first.filter((line) => line.startsWith('r parley.')).length).toBeGreaterThan(12)
  await works()
  await dangerouslyMigrateDown(url)
  expect((await structure()).filter((line) => !line.includes('mikro_orm_migrations'))).toEqual([])
  await migrate(url)
  expect(await structure()).toEqual(first)
  await works()
})

test('a second run does nothing', async () => {
  await migrate(url)
  const done = () => ask('select id, name, executed_at from parley.mikro_orm_migrations')
  const state = { structure: await structure(), done: await done(), streams: await ask('select * from parley.stream') }
  await migrate(url)
  expect({ structure: await structure(), done: await done(), streams: await ask('select * from parley.stream') }).toEqual(state)
})

test('starts at the same time migrate once, also beside others in the same cluster', async () => {
  const other = await emptyDatabase()
  await Promise.all([migrate(url), migrate(url), migrate(other), migrate(url)])
  expect(await ask('select name from parley.mikro_orm_migrations')).toEqual([
    { name: '0001-spine' },
    { name: '0002-rooms-in-full' },
    { name: '0003-market' },
    { name: '0004-deals' },
    { name: '0005-slow-work' },
  ])
  expect(await structure()).toEqual(await structure(other))
  await works()
})

test('the first starts of many databases at once in a new cluster make its roles once', async () => {
  const own = await ownCluster()
  try {
    const databases: string[] = []
    for (let i = 0; i < 6; i++) databases.push(await own.database({ migrated: false }))
    await Promise.all(databases.map(migrate))
    expect(await ask(`select from pg_roles where rolname like 'parley%'`, databases[0])).toHaveLength(2)
  } finally {
    await own.stop()
  }
})

test('a migration that fails leaves nothing half done, and the next start does it whole', async () => {
  await ask('create schema parley; create table parley.person (id int)')
  await expect(migrate(url)).rejects.toThrow('already exists')
  expect(await ask(`select tablename as name from pg_tables where schemaname = 'parley' and tablename <> 'mikro_orm_migrations'`)).toEqual([
    { name: 'person' },
  ])
  await ask('drop table parley.person')
  await migrate(url)
  await works()
})

test('the roles cannot sign in, and have no rights beyond their own', async () => {
  await migrate(url)
  const roles = await ask<{ rolname: string }>(
    `select rolname, rolsuper, rolcanlogin, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication from pg_roles where rolname like 'parley%' order by 1`,
  )
  expect(roles.map((role) => role.rolname)).toEqual(['parley_app', 'parley_eraser'])
  for (const { rolname: _, ...rights } of roles) expect(Object.values(rights).some(Boolean)).toBe(false)
  const members = await ask(`select from pg_auth_members where member in (select oid from pg_roles where rolname like 'parley%')`)
  expect(members).toEqual([])
})

test('the entities are the tables: every column with its type, and which may be null', async () => {
  await migrate(url)
  const db = await openDatabase({ url })
  const entities = [...db.orm.getMetadata().getAll().values()].filter((meta) => meta.tableName)
  const expected = entities.flatMap((meta) =>
    meta.props.flatMap((prop) =>
      (prop.fieldNames ?? []).map(
        (column, i) =>
          `${meta.tableName}.${column} ${prop.columnTypes[i]} ${prop.nullable ? 'null' : 'not null'}${prop.primary ? ' key' : ''}`,
      ),
    ),
  )
  await db.close()
  const tables = entities.map((meta) => `'${meta.tableName}'`).join()
  const actual = await ask<{ line: string }>(
    `select format('%s.%s %s %s%s', table_name, column_name, case data_type when 'timestamp with time zone' then 'timestamptz' when 'integer' then 'int' when 'ARRAY' then 'text[]' else data_type end,
              case is_nullable when 'YES' then 'null' else 'not null' end,
              case when exists (select from pg_index where indrelid = format('parley.%I', table_name)::regclass and indisprimary and ordinal_position = any(indkey)) then ' key' end) as line
       from information_schema.columns where table_schema = 'parley' and table_name in (${tables})
        and not (table_name = 'campaign' and column_name in ('words', 'settled'))`, // SQL alone has to do with it
  )
  expect(entities.map((meta) => meta.tableName).sort()).toEqual([
    'application',
    'brand',
    'campaign',
    'invitation',
    'member',
    'person',
    'refresh_token',
    'room',
    'session',
    'team_member',
  ])
  expect(expected.map((line) => line.replace('timestamptz(6)', 'timestamptz')).sort()).toEqual(actual.map((row) => row.line).sort())
})

test('a database of the first version keeps its rooms: messages are numbered, members counted, and nobody has a thousand unread', async () => {
  await migrate(url)
  const roomId = newId<RoomId>()
  const people = [newId(), newId()]
  await ask(`set search_path = parley;
    select create_stream('${roomId}', 'room');
    insert into room (id, kind) values ('${roomId}', 'application');
    insert into person (id, email, name, role, password_hash) select id, id, 'Somebody', 'brand', '' from unnest('{${people}}'::uuid[]) id;
    insert into member (room_id, actor_key, user_id, role, since, removed_at)
      select '${roomId}', gen_random_uuid(), id, 'owner', n, case when n = 2 then now() end from unnest('{${people}}'::uuid[]) with ordinality as u (id, n)`)
  const db = await openDatabase({ url })
  for (const text of ['one', 'two', 'three']) await db.log.submit(says(roomId, text))
  await db.close()
  await dangerouslyMigrateDown(url, '0001-spine')
  expect(await ask(`select from pg_class where relname in ('reading', 'mention', 'pin')`)).toEqual([])
  await migrate(url)
  const counted = `select array(select n from parley.message where room_id = '${roomId}' order by seq) as n, members, told_members from parley.room`
  expect(await ask(counted)).toEqual([{ n: ['1', '2', '3'], members: 1, told_members: 1 }])
  expect(await ask('select user_id, seq, n, muted from parley.reading')).toEqual([{ user_id: people[0], seq: '3', n: '3', muted: false }])
})
