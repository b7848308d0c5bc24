import { generateKeyPairSync } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import {
  type ActorKey,
  type CommandId,
  newId,
  type PlatformRole,
  type Role,
  type RoomId,
  type SessionId,
  SYSTEM,
  type UserId,
} from '../client-sdk/contract/index.ts'
import { signerFrom } from '../persistence/checkpoints.ts'
import type { Database } from '../persistence/database.ts'
import type { Entry } from '../persistence/event-log.ts'
import { query } from '../persistence/sql.ts'
import { type House, house, type SessionInfo } from '../server/ctx.ts'
import { unlimited } from '../server/limits.ts'
import { createTokens } from '../server/sessions/tokens.ts'
import type { Seat } from './load/client.ts'

/** An Ed25519 private key in PEM. */
export const newTokenKey = (): string => generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()

/** Longer than any run, in seconds. */
const TOKEN_SECONDS = 86_400

/** One process's shared parts, with tokens of the bench's own key. */
export function openHouse(db: Database, tokenKey: string): House {
  const signer = signerFrom(tokenKey)
  const tokens = createTokens({ signer, seconds: TOKEN_SECONDS })
  return house(db, {
    tokens,
    limits: unlimited(),
    sessionDays: 30,
    signer,
  })
}

export type BenchPerson = { userId: UserId; sessionId: SessionId; token: string }

/** People with a session and, the first `signedIn` of them, an access token each; written in bulk. */
export async function createPeople(
  { db, tokens, now }: House,
  count: number,
  { role = 'brand' as PlatformRole, signedIn = count } = {},
): Promise<BenchPerson[]> {
  const endsAt = new Date(now().getTime() + TOKEN_SECONDS * 1_000)
  const people: BenchPerson[] = []
  for (let i = 0; i < count; i++) {
    const who = { userId: newId<UserId>(), sessionId: newId<SessionId>() }
    const token = i < signedIn ? (await tokens.issue({ ...who, role }, endsAt, now())).accessToken : ''
    people.push({ ...who, token })
  }
  const ids = people.map((person) => person.userId)
  await db.pool.query(`select create_stream(id, 'user') from unnest($1::uuid[]) id`, [ids])
  await db.pool.query(
    `insert into person (id, email, name, role, password_hash)
     select id, id || '@example.com', 'Person ' || n, $2, 'none' from unnest($1::uuid[]) with ordinality as u (id, n)`,
    [ids, role],
  )
  await db.pool.query(
    'insert into session (id, person_id, created_at, ends_at, proved_at) select *, now(), $3, now() from unnest($1::uuid[], $2::uuid[])',
    [people.map((person) => person.sessionId), ids, endsAt],
  )
  return people
}

/** As the door would know them. */
export const sessionOf = ({ userId, sessionId }: BenchPerson): SessionInfo => ({
  userId,
  sessionId,
  role: 'brand',
  endsAt: new Date(8.64e15),
})

/** Rooms of so many members, each with its first events; the seats room by room. */
export async function createRooms(house: House, people: readonly BenchPerson[], rooms: number, members: number): Promise<Seat[]> {
  const groups = Array.from({ length: rooms }, (_, r) => people.slice(r * members, (r + 1) * members))
  const ids = await openRooms(house, groups)
  return groups.flatMap((group, r) => group.map(({ token }) => ({ roomId: ids[r]!, token })))
}

/** In one transaction, so that many rooms do not take long. */
const AT_ONCE = 200

/** A room for each group: as the use case writes it, but many at a time. The first is its owner, the second its creator. */
export async function openRooms({ db }: House, groups: readonly (readonly BenchPerson[])[]): Promise<RoomId[]> {
  const ids: RoomId[] = []
  for (let i = 0; i < groups.length; i += AT_ONCE) {
    const rooms = groups.slice(i, i + AT_ONCE).map((people, n) => planRoom(people, i + n))
    await db.orm.em.fork().transactional((em) => write(db, em as EntityManager, rooms))
    ids.push(...rooms.map((room) => room.id))
  }
  return ids
}

type Planned = { id: RoomId; title: string; members: { key: ActorKey; userId: UserId; role: Role }[] }
const planRoom = (people: readonly BenchPerson[], n: number): Planned => ({
  id: newId<RoomId>(),
  title: `Room ${n}`,
  members: people.map(({ userId }, i) => ({ key: newId<ActorKey>(), userId, role: i === 0 ? 'owner' : i === 1 ? 'creator' : 'manager' })),
})

async function write({ log }: Database, em: EntityManager, rooms: readonly Planned[]): Promise<void> {
  const ids = rooms.map((room) => room.id)
  const all = rooms.flatMap(({ id, members }) => members.map((member, i) => ({ ...member, roomId: id, since: i + 2 }))) // 1: room.created
  await query(em, `select create_stream(id, 'room') from unnest($1::uuid[]) id`, [ids])
  await query(
    em,
    `insert into room (id, kind, members, told_members) select id, 'application', n, n from unnest($1::uuid[], $2::int[]) as u (id, n)`,
    [ids, rooms.map((room) => room.members.length)],
  )
  await query(
    em,
    `insert into member (room_id, actor_key, user_id, role, since)
     select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[])`,
    [all.map((m) => m.roomId), all.map((m) => m.key), all.map((m) => m.userId), all.map((m) => m.role), all.map((m) => m.since)],
  )
  await query(
    em,
    `insert into reading (user_id, room_id, seq, n) select user_id, room_id, 0, 0 from member where room_id = any($1::uuid[])`,
    [ids],
  )
  await log.append(em, rooms.flatMap(entriesOf))
}

function entriesOf({ id: streamId, title, members }: Planned): Entry[] {
  const by = { streamId, actor: SYSTEM, commandId: newId<CommandId>(), accessVersion: null }
  const added = members.map(({ key: member, role }, i): Entry => {
    return { ...by, type: 'room.memberAdded', deal: { member, role }, personal: { name: `Person ${i}` } }
  })
  return [{ ...by, type: 'room.created', deal: { kind: 'application' }, personal: { title } }, ...added]
}
