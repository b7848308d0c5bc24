import { generateKeyPairSync, randomBytes } from 'node:crypto'
import {
  type ActorKey,
  type CommandId,
  type CreateRoom,
  newId,
  type PlatformRole,
  type Role,
  type RoomId,
  type Session,
  SYSTEM,
  type UserId,
} from '../client-sdk/contract/index.ts'
import { type Signer, signerFrom } from '../persistence/checkpoints.ts'
import type { Database } from '../persistence/database.ts'
import { Person } from '../persistence/entities/people.ts'
import { createStream } from '../persistence/event-log.ts'
import { standingOf } from '../persistence/rooms.ts'
import { openTestDatabase, type TestDatabase } from '../persistence/testing.ts'
import { type Ctx, context, type House, house, systemContext } from './ctx.ts'
import { type Limits, unlimited } from './limits.ts'
import type { WorkflowAdmin } from './ports.ts'
import { createRoom } from './rooms/create-room.ts'
import { openSession } from './sessions/open-session.ts'
import { hashPassword } from './sessions/password.ts'
import { createTokens } from './sessions/tokens.ts'

/** Everybody's. */
export const PASSWORD = 'correct horse battery staple'
export type TestPerson = { userId: UserId; role: PlatformRole; name: string; email: string }

export const commandId = () => newId<CommandId>()
export const newSigner = (): Signer => signerFrom(newKey())
/** A new Ed25519 private key in PEM. */
export const newKey = (): string => generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()

/** Where mails of tests lead. */
const links = { publicUrl: 'https://parley.test', app: 'https://app.parley.test' }

export type World = {
  db: Database
  /** The superuser's address of the database, to look behind the program's back. */
  url: string
  house: House
  person(role?: PlatformRole, name?: string): Promise<TestPerson>
  /** A use case's context, as if they had signed in. */
  as(person: TestPerson): Ctx
  asSystem(): Ctx
  /** A session with its tokens, as signing in gives it. */
  session(person: TestPerson): Promise<Session>
  room(kind: CreateRoom['kind'], members: readonly (readonly [TestPerson, Role])[], title?: string): Promise<RoomId>
  /** An application's room with an owner, a manager, a viewer and a creator, each a person of their own. */
  negotiation(): Promise<{ roomId: RoomId } & Record<Role, TestPerson>>
  /** Who they are in a room's log. */
  keyOf(roomId: RoomId, person: TestPerson): Promise<ActorKey>
  close(): Promise<void>
}

export type WorldOptions = {
  limits?: Partial<Limits>
  now?: () => Date
  tokenSeconds?: number
  sessionDays?: number
  signer?: Signer
  workflows?: WorkflowAdmin | null
  /** Another than the run's own. */
  database?: TestDatabase
}

/** A fresh database with a house on it, and ways to people it. Limits are out of the way unless given. */
export async function world({
  limits,
  now,
  tokenSeconds = 900,
  sessionDays = 30,
  signer = newSigner(),
  workflows = null,
  database,
}: WorldOptions = {}): Promise<World> {
  const { db, url, close } = database ?? (await openTestDatabase())
  const tokens = createTokens({ signer, seconds: tokenSeconds })
  const h = house(db, { tokens, limits: { ...unlimited(), ...limits }, sessionDays, signer, links, workflows }, now)
  passwordHash ??= hashPassword(PASSWORD)
  const hash = await passwordHash

  const person: World['person'] = async (role = 'creator', name = `${role} ${randomBytes(3).toString('hex')}`) => {
    const userId = newId<UserId>()
    const email = `${userId}@example.com`
    await db.orm.em.fork().transactional(async (em) => {
      await createStream(em, userId, 'user')
      em.create(Person, { id: userId, email, name, role, passwordHash: hash })
    })
    return { userId, role, name, email }
  }
  const as: World['as'] = ({ userId, role }) =>
    context(h, { sessionId: newId(), userId, role, endsAt: new Date(h.now().getTime() + 3_600_000) })
  const room: World['room'] = async (kind, members, title = 'A room') => {
    const input = { commandId: commandId(), kind, title, members: members.map(([{ userId }, role]) => ({ userId, role })) }
    return (await createRoom(systemContext(h), input)).roomId
  }
  const negotiation: World['negotiation'] = async () => {
    const [owner, manager, viewer, creator] = [await person('brand'), await person('brand'), await person('brand'), await person('creator')]
    const roles = { owner, manager, viewer, creator }
    const members = (Object.keys(roles) as Role[]).map((role) => [roles[role], role] as const)
    return { roomId: await room('application', members), ...roles }
  }
  const keyOf: World['keyOf'] = async (roomId, { userId }) => (await standingOf(db.pool, roomId, userId))?.actorKey ?? SYSTEM
  const session: World['session'] = ({ userId }) => openSession(context(h, null), userId)
  return { db, url, house: h, person, as, asSystem: () => systemContext(h), session, room, negotiation, keyOf, close }
}

/** Made once: each hash costs what it should. */
let passwordHash: Promise<string> | undefined
