import type { ActorKey, Input, Output, RoomId } from '../client-sdk/contract/index.ts'
import type { Marked } from '../persistence/readings.ts'
import type { Ctx } from '../server/ctx.ts'
import { markRead, muteRoom } from '../server/rooms/read-room.ts'
import type { AppServer, AppSocket } from './socket.ts'

/** Read marks of a room go out together, this often, in ms. */
const EVERY = 300

/** The Socket.IO room of one person's sockets, on every node. */
export const socketsOf = (userId: string) => `person:${userId}`

/** Read marks and muting: kept for the member, told to their other devices, and where the room is small to its other members. */
export function readHandlers(io: AppServer) {
  const waiting = new Map<RoomId, Map<ActorKey, number>>()

  function tell({ roomId, member, read }: Marked): void {
    if (waiting.size === 0) setTimeout(flush, EVERY).unref()
    const reads = waiting.get(roomId) ?? new Map<ActorKey, number>()
    waiting.set(roomId, reads.set(member, read))
  }
  function flush(): void {
    for (const [roomId, reads] of waiting) {
      io.to(roomId).emit('room.reads', { roomId, reads: Array.from(reads, ([member, seq]) => ({ member, seq })) })
    }
    waiting.clear()
  }
  function answer({ member: _member, isTold: _isTold, ...change }: Marked, socket: AppSocket): Output<'room.read'> {
    socket.to(socketsOf(socket.data.session.userId)).emit('inbox.changed', { rooms: [change] })
    const { read, unread, mentions, muted } = change
    return { read, unread, mentions, muted }
  }

  return {
    'room.read': async (ctx: Ctx, input: Input<'room.read'>, socket: AppSocket) => {
      const marked = await markRead(ctx, input)
      if (marked.isTold) tell(marked)
      return answer(marked, socket)
    },
    'room.mute': async (ctx: Ctx, input: Input<'room.mute'>, socket: AppSocket) => answer(await muteRoom(ctx, input), socket),
  }
}
