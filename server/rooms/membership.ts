import type { EntityManager } from '@mikro-orm/postgresql'
import { type ActorKey, newId, ParleyError, type Role, type RoomKind, SYSTEM, type UserId } from '../../client-sdk/contract/index.ts'
import { Person } from '../../persistence/entities/people.ts'
import { Member, type Room } from '../../persistence/entities/rooms.ts'
import type { Entry } from '../../persistence/event-log.ts'
import { startReading } from '../../persistence/readings.ts'
import type { Ctx } from '../ctx.ts'
import { ownId } from '../once.ts'

/** Held by its row's lock, or new. */
export type RoomRow = Pick<Room, 'id' | 'kind' | 'members' | 'toldMembers'>
export type By = Pick<Entry, 'actor' | 'commandId' | 'accessVersion'>
export type Joining = { member: Member; room: RoomRow; name: string }

/**
 * Where a membership is told: in the room, but for a campaign's creators, who must not learn of each other, not even from
 * a gap in the room's seqs. Theirs is on their own stream.
 */
const isToldInRoom = (kind: RoomKind, role: Role): boolean => kind === 'application' || role !== 'creator'

/** Who is in a brand's room follows from its team and its applications, and from nothing else. */
export function assertByHand({ brandId }: Pick<Room, 'brandId'>): void {
  if (brandId) throw new ParleyError('access.denied', 'This room has the members that its brand and its application have')
}

/** Counts somebody in, or out. */
export function count(room: RoomRow, role: Role, change: 1 | -1): void {
  room.members += change
  if (isToldInRoom(room.kind, role)) room.toldMembers += change
}

/** Makes somebody a member, once the room's row is locked; `append` tells it. Throws `member.exists`. */
export async function join(em: EntityManager, room: RoomRow, userId: UserId, role: Role): Promise<Joining> {
  const person = await em.findOne(Person, userId)
  if (!person) throw new ParleyError('resource.notFound', 'No such person')
  const before = await em.findOne(Member, { roomId: room.id, userId })
  if (before?.removedAt === null) throw new ParleyError('member.exists', 'Already a member of this room')
  const member = before ?? em.create(Member, { roomId: room.id, actorKey: newId<ActorKey>(), userId, role, since: 0 })
  em.assign(member, { role, removedAt: null, since: 0 })
  count(room, role, 1)
  await em.flush()
  await startReading(em, room.id, userId)
  return { member, room, name: person.name }
}

/** Writes the events, the memberships' last, and their seqs back into the members: rows that this transaction holds. */
export async function append(em: EntityManager, ctx: Ctx, by: By, entries: readonly Entry[], joining: readonly Joining[]): Promise<void> {
  const room = joining[0]!.room
  const appended = await ctx.log.append(em, [...entries, ...joining.map((j) => started(ctx, by, j))], [], checkedIn(room, by))
  joining.forEach(({ member, room }, i) => {
    const { streamId, seq } = appended[entries.length + i]!
    if (streamId === room.id) member.since = seq
  })
  await em.flush()
}

/** A membership may be told elsewhere, but the right to it was found in the room. */
export const checkedIn = ({ id: streamId }: RoomRow, { accessVersion }: By) => (accessVersion === null ? [] : [{ streamId, accessVersion }])

/** On somebody's own stream the platform acts, and the room's access version means nothing. */
const elsewhere = (ctx: Ctx, { commandId }: By): By => ({ actor: SYSTEM, commandId: ownId(ctx, commandId), accessVersion: null })

function started(ctx: Ctx, by: By, { member, room, name }: Joining): Entry {
  const { actorKey, role } = member
  if (isToldInRoom(room.kind, role)) {
    return { ...by, streamId: room.id, type: 'room.memberAdded', deal: { member: actorKey, role }, personal: { name } }
  }
  return { ...elsewhere(ctx, by), streamId: member.userId!, type: 'membership.started', deal: { roomId: room.id, role }, personal: null }
}

export function ended(ctx: Ctx, by: By, room: RoomRow, { actorKey, role, userId }: Member): Entry {
  if (isToldInRoom(room.kind, role)) {
    return { ...by, streamId: room.id, type: 'room.memberRemoved', deal: { member: actorKey, role }, personal: null }
  }
  return { ...elsewhere(ctx, by), streamId: userId!, type: 'membership.ended', deal: { roomId: room.id, role }, personal: null }
}
