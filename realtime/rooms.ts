import {
  can,
  commands,
  type Input,
  type Joined,
  type Output,
  ParleyError,
  SMALL_ROOM,
  type Snapshot,
} from '../client-sdk/contract/index.ts'
import { messagesOf } from '../persistence/messages.ts'
import { readsOf } from '../persistence/readings.ts'
import { type Door, doorOf, peopleOf } from '../persistence/rooms.ts'
import { type Ctx, caller } from '../server/ctx.ts'
import { authorise } from '../server/rooms/authorise.ts'
import type { Gates } from './gates.ts'
import type { Presence } from './presence/presence.ts'
import type { AppSocket } from './socket.ts'

/** Beyond this many missed events a snapshot is cheaper for both sides. */
const MOST_MISSED = 1_000
/** Events in a reply; the rest is fetched by `room.sync`. */
const PAGE = 500
const MESSAGES = 50
/** A room whose access changes faster than it can be checked: the client comes again. */
const TRIES = 20

type Present = Pick<Presence, 'in'>

export const roomHandlers = (gates: Gates, presence: Present) => ({
  'room.join': async (ctx: Ctx, input: Input<'room.join'>, socket: AppSocket): Promise<Joined> => {
    const joined = await joinRoom(gates, ctx, input, socket)
    return { ...joined, presence: presence.in(input.roomId) } // last of all: no whisper sent before the answer is newer
  },
  'room.sync': syncRoom,
  'room.leave': async (_ctx: Ctx, { roomId }: Input<'room.leave'>, socket: AppSocket) => {
    gates.leave(roomId, socket)
    return {}
  },
})

/**
 * The socket goes through the gate first and reads second, so that nothing falls between the two. What was read under
 * another access version than the gate's check saw may be younger than the right to see it: then all of it is done again.
 */
async function joinRoom(gates: Gates, ctx: Ctx, input: Input<'room.join'>, socket: AppSocket): Promise<Read> {
  for (let tries = 0; tries < TRIES; tries++) {
    const door = await doorOf(ctx.db.pool, { roomId: input.roomId, userId: caller(ctx).userId, known: input.known ?? null })
    if (!door) {
      gates.leave(input.roomId, socket) // it may have come in by an earlier try
      throw new ParleyError('resource.notFound', 'No such room')
    }
    if (!can(commands['room.join'].allow, { kind: door.kind, role: door.me.role, ...door.settings })) {
      throw new ParleyError('access.denied', 'Your role in this room does not allow that')
    }
    if (!socket.connected) throw new ParleyError('session.ended', 'The connection is gone')
    const { kind, toldMembers, head: asOf, accessVersion: checkedAt } = door
    const facts = { kind, announcementsOnly: door.settings.announcementsOnly, toldMembers, asOf }
    const { key, role, since } = door.me
    if (!gates.open(input.roomId, facts).admit(socket, checkedAt, { key, role, told: since > 0 })) {
      gates.leave(input.roomId, socket)
      continue
    }
    const { accessVersion, joined } = await readAtDoor(ctx, input, door)
    gates.get(input.roomId)?.offer({ accessVersion, events: [] })
    if (accessVersion === door.accessVersion) return joined
  }
  throw new ParleyError('access.changed', 'Rights in this room keep changing; try again')
}

type Read = Omit<Joined, 'presence'>

/** What was missed, or a snapshot, with the access version after the last of it was read. */
async function readAtDoor(ctx: Ctx, { roomId, after }: Input<'room.join'>, door: Door): Promise<{ accessVersion: number; joined: Read }> {
  const { me, kind, checkpoint, pastHash } = door
  const missed = after === undefined ? Number.POSITIVE_INFINITY : door.head - after
  const snapshot = missed >= 0 && missed <= MOST_MISSED ? null : await takeSnapshot(ctx, roomId)
  const { head, accessVersion, events } = await ctx.log.readAfter(roomId, snapshot?.asOf ?? after!, PAGE)
  const others = me.since > 0 && door.toldMembers <= SMALL_ROOM ? await readsOf(ctx.db.pool, roomId) : []
  const reads = [{ member: me.key, seq: door.read }, ...others.filter(({ member }) => member !== me.key)]
  return { accessVersion, joined: { me, kind, head, events, snapshot, checkpoint, pastHash, reads } }
}

/**
 * Messages and people are read one after the other; `asOf` is the earlier of the two moments, since applying again what a
 * part shows already changes nothing.
 */
async function takeSnapshot(ctx: Ctx, roomId: Input<'room.join'>['roomId']): Promise<Snapshot> {
  const people = await peopleOf(ctx.db.pool, roomId)
  const { messages, more, asOf } = await messagesOf(ctx.db.pool, roomId, { limit: MESSAGES })
  return { ...people, asOf: Math.min(asOf, people.asOf), messages: messages.reverse(), more }
}

async function syncRoom(ctx: Ctx, { roomId, after, limit }: Input<'room.sync'>): Promise<Output<'room.sync'>> {
  const standing = await authorise(ctx, commands['room.sync'].allow, roomId)
  const { head, events, accessVersion } = await ctx.log.readAfter(roomId, after, limit)
  // What was read may be younger than the right to read it.
  if (accessVersion !== standing.accessVersion) await authorise(ctx, commands['room.sync'].allow, roomId)
  return { head, events }
}
