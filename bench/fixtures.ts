import { generateKeyPairSync } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import {
  type ActorKey,
  type CommandId,
  newId,
  type Role,
  type RoomId,
  type SessionId,
  SYSTEM,
  type UserId,
} from '../client-sdk/contract/index.ts'
import { signerFrom } from '../persistence/checkpoints.ts'
import type { Database } from '../persistence/database.ts'
import type { Entry } from '../persistence/event-log.ts'
import { type House, house } from '../server/ctx.ts'
import { unlimited } from '../server/limits.ts'
import { createTokens } from '../server/sessions/tokens.ts'
import type { Seat } from './load/client.ts'

/** An Ed25519 private key in PEM. */
export const newTokenKey = (): string => generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()

/** Longer than any run, in seconds. */
const TOKEN_SECONDS = 86_400

/** One process's shared parts, with tokens of the bench's own key. */
export function openHouse(db: Database, tokenKey: string): House {
  const tokens = createTokens({ signer: signerFrom(tokenKey), seconds: TOKEN_SECONDS })
  return house(db, {
    tokens,
    limits: unlimited(),
    sessionDays: 30,
  })
}

export type BenchPerson = { userId: UserId; sessionId: SessionId; token: string }

/** People with a session and an access token each, written in bulk. */
export async function createPeople({ db, tokens, now }: House, count: number): Promise<BenchPerson[]> {
  const endsAt = new Date(now().getTime() + TOKEN_SECONDS * 1_000)
  const people: BenchPerson[] = []
  for (let i = 0; i < count; i++) {
    const who = { userId: newId<UserId>(), sessionId: newId<SessionId>() }
    people.push({ ...who, token: (await tokens.issue({ ...who, role: 'brand' }, endsAt, now())).accessToken })
  }
  const ids = people.map((person) => person.userId)
  await db.pool.query(`select create_stream(id, 'user') from unnest($1::uuid[]) id`, [ids])
  await db.pool.query(
    `insert into person (id, email, name, role, password_hash)
     select id, id || '@example.com', 'Person ' || n, 'brand', 'none' from unnest($1::uuid[]) with ordinality as u (id, n)`,
    [ids],
  )
  await db.pool.query('insert into session (id, person_id, created_at, ends_at) select *, now(), $3 from unnest($1::uuid[], $2::uuid[])', [
    people.map((person) => person.sessionId),
    ids,
    endsAt,
  ])
  return people
}

/** Rooms of so many members, each with its first events; the seats room by room. */
export async function createRooms({ db }: House, people: readonly BenchPerson[], rooms: number, members: number): Promise<Seat[]> {
  const seats: Seat[] = []
  for (let r = 0; r < rooms; r++) {
    const its = people.slice(r * members, (r + 1) * members)
    const roomId = await db.orm.em.fork().transactional((em) => createRoom(db, em as EntityManager, its, r))
    seats.push(...its.map(({ token }) => ({ roomId, token })))
  }
  return seats
}

async function createRoom({ log }: Database, em: EntityManager, people: readonly BenchPerson[], n: number): Promise<RoomId> {
  const roomId = newId<RoomId>()
  const keys = people.map(() => newId<ActorKey>())
  const roles = people.map((_, i): Role => (i === 0 ? 'owner' : i === 1 ? 'creator' : 'manager'))
  await em.execute(`select create_stream(?, 'room')`, [roomId])
  await em.execute(`insert into room (id, kind) values (?, 'application')`, [roomId])
  await em.execute(
    `insert into member (room_id, actor_key, user_id, role, since) select ?, key, person, role, n + 1
       from unnest(?::uuid[], ?::uuid[], ?::text[]) with ordinality as u (key, person, role, n)`,
    [roomId, array(keys), array(people.map((person) => person.userId)), array(roles)],
  )
  const by = { streamId: roomId, actor: SYSTEM, commandId: newId<CommandId>(), accessVersion: null }
  const created: Entry = { ...by, type: 'room.created', deal: { kind: 'application' }, personal: { title: `Room ${n}` } }
  const added = keys.map((member, i): Entry => {
    return { ...by, type: 'room.memberAdded', deal: { member, role: roles[i]! }, personal: { name: `Person ${i}` } }
  })
  await log.append(em, [created, ...added])
  return roomId
}

/** MikroORM would write an array's items one by one. */
const array = (items: readonly string[]) => `{${items.join(',')}}`
