import { can, commands, type Input, type Joined, type Output, ParleyError, type Snapshot } from '../client-sdk/contract/index.ts'
import { type Door, doorOf, messagesBefore, peopleOf } from '../persistence/rooms.ts'
import { type Ctx, caller } from '../server/ctx.ts'
import { authorise } from '../server/rooms/authorise.ts'
import type { Gates } from './gates.ts'
import type { AppSocket } from './socket.ts'

/** Beyond this many missed events a snapshot is cheaper for both sides. */
const MOST_MISSED = 1_000
/** Events in a reply; the rest is fetched by `room.sync`. */
const PAGE = 500
const MESSAGES = 50
/** A room whose access changes faster than it can be checked: the client comes again. */
const TRIES = 20

export const roomHandlers = (gates: Gates) => ({
  'room.join': (ctx: Ctx, input: Input<'room.join'>, socket: AppSocket) => joinRoom(gates, ctx, input, socket),
  'room.sync': syncRoom,
  'room.leave': async (_ctx: Ctx, { roomId }: Input<'room.leave'>, socket: AppSocket) => {
    gates.leave(roomId, socket)
    return {}
  },
})

/** The socket goes through the gate first and reads second, so that nothing falls between the two. */
async function joinRoom(gates: Gates, ctx: Ctx, { roomId, after, known }: Input<'room.join'>, socket: AppSocket): Promise<Joined> {
  const door = await enter(gates, ctx, { roomId, known }, socket)
  const { me, kind, checkpoint, pastHash } = door
  const missed = after === undefined ? Number.POSITIVE_INFINITY : door.head - after
  if (after !== undefined && missed >= 0 && missed <= MOST_MISSED) {
    const { accessVersion, events } = await ctx.log.readAfter(roomId, after, PAGE)
    gates.get(roomId)?.offer({ accessVersion, events: [] })
    const head = Math.max(door.head, events.at(-1)?.seq ?? 0)
    return { me, kind, head, events, snapshot: null, checkpoint, pastHash }
  }
  const snapshot = await takeSnapshot(ctx, roomId)
  const { accessVersion, events } = await ctx.log.readAfter(roomId, snapshot.asOf, PAGE)
  gates.get(roomId)?.offer({ accessVersion, events: [] })
  return { me, kind, head: Math.max(snapshot.asOf, events.at(-1)?.seq ?? 0), events, snapshot, checkpoint, pastHash }
}

/** Through the gate, which refuses a check that is out of date by now. */
async function enter(
  gates: Gates,
  ctx: Ctx,
  { roomId, known }: Pick<Input<'room.join'>, 'roomId' | 'known'>,
  socket: AppSocket,
): Promise<Door> {
  for (let tries = 0; tries < TRIES; tries++) {
    const door = await doorOf(ctx.db.pool, { roomId, userId: caller(ctx).userId, known: known ?? null })
    if (!door) throw new ParleyError('resource.notFound', 'No such room')
    if (!can(commands['room.join'].allow, { kind: door.kind, role: door.me.role })) {
      throw new ParleyError('access.denied', 'Your role in this room does not allow that')
    }
    if (!socket.connected) throw new ParleyError('session.ended', 'The connection is gone')
    if (gates.open(roomId, door.head).admit(socket, door.accessVersion)) return door
    gates.leave(roomId, socket)
  }
  throw new ParleyError('access.changed', 'Rights in this room keep changing; try again')
}

/**
 * Messages and people are read one after the other; `asOf` is the earlier of the two moments, since applying again what a
 * part shows already changes nothing.
 */
async function takeSnapshot(ctx: Ctx, roomId: Input<'room.join'>['roomId']): Promise<Snapshot> {
  const people = await peopleOf(ctx.db.pool, roomId)
  const { messages, more, asOf } = await messagesBefore(ctx.db.pool, roomId, null, MESSAGES)
  return { asOf: Math.min(asOf, people.asOf), title: people.title, members: people.members, messages: messages.reverse(), more }
}

async function syncRoom(ctx: Ctx, { roomId, after, limit }: Input<'room.sync'>): Promise<Output<'room.sync'>> {
  await authorise(ctx, commands['room.sync'].allow, roomId)
  const { head, events } = await ctx.log.readAfter(roomId, after, limit)
  return { head, events }
}
