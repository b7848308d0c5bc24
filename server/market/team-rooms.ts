import type { EntityManager } from '@mikro-orm/postgresql'
import {
  type ActorKey,
  type BrandId,
  newId,
  ParleyError,
  type Role,
  type RoomId,
  type RoomKind,
  SYSTEM,
  type UserId,
} from '../../client-sdk/contract/index.ts'
import { Member, Room } from '../../persistence/entities/rooms.ts'
import { createStream, type Entry } from '../../persistence/event-log.ts'
import { startReadingAll } from '../../persistence/readings.ts'
import { query } from '../../persistence/sql.ts'
import type { By, Joining } from '../rooms/membership.ts'

type NewRoom = { kind: RoomKind; brandId: BrandId; title: string; creator?: UserId }
/** `keyOf`: who somebody is in it. */
export type TeamRoom = { room: Room; created: Entry; joining: Joining[]; keyOf(userId: UserId): ActorKey }

/**
 * Makes a room that follows a brand's team, with the team in it as it is now and, maybe, a creator. The caller holds the brand's
 * row, so that nobody comes or goes meanwhile; `append` of rooms/membership.ts tells of it, `created` first.
 */
export async function openTeamRoom(em: EntityManager, by: By, { kind, brandId, title, creator }: NewRoom): Promise<TeamRoom> {
  const people = await query<{ user_id: UserId; role: Role; name: string }>(
    em,
    `select t.user_id, t.role, p.name from team_member t join person p on p.id = t.user_id where t.brand_id = $1 and t.removed_at is null
     union all select id, 'creator', name from person where id = $2`,
    [brandId, creator ?? null],
  )
  if (creator && !people.some(({ user_id }) => user_id === creator)) throw new ParleyError('resource.notFound', 'No such person')
  const id = newId<RoomId>()
  await createStream(em, id, 'room')
  const told = people.filter(({ role }) => kind !== 'campaign' || role !== 'creator').length
  const settings = { slowMode: 0, announcementsOnly: false, members: people.length, toldMembers: told }
  const room = em.create(Room, { id, kind, brandId, ...settings })
  await em.flush()
  const joining = people.map(({ user_id: userId, role, name }): Joining => {
    return { room, name, member: em.create(Member, { roomId: id, actorKey: newId<ActorKey>(), userId, role, since: 0 }) }
  })
  await em.flush()
  await startReadingAll(
    em,
    id,
    people.map(({ user_id }) => user_id),
  )
  const created: Entry = {
    ...by,
    actor: SYSTEM,
    accessVersion: null,
    streamId: id,
    type: 'room.created',
    deal: { kind },
    personal: { title },
  }
  const keys = new Map(joining.map(({ member }) => [member.userId, member.actorKey]))
  return { room, created, joining, keyOf: (userId) => keys.get(userId)! }
}
