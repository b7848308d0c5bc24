import type { Pool } from 'pg'
import { type ActorKey, newId, type RoomId, type RoomPresence, type UserId } from '../../client-sdk/contract/index.ts'
import { buryNodes, type NodeId, removeNode, socketsElsewhere } from '../../persistence/presence.ts'
import type { AppSocket } from '../socket.ts'
import { together } from './elsewhere.ts'
import { Here } from './here.ts'
import { loop } from './loop.ts'
import { Reader } from './reader.ts'
import { Teller } from './teller.ts'
import { Writer } from './writer.ts'

/** What has changed is written together, this often, in ms. */
const BATCH = 250
/** A node that has nothing to say says that it lives this often, in ms; after 7 s of silence it is dead. */
const BEAT = 2_000
/** Other nodes' changes are looked for this often, and at once when one says that there are some, in ms. */
const LOOK = 750
/** A room's presence is sent at most this often, in ms: where more sockets than that hear it, one ms for each of them. */
const REST = 1_000
/** Rooms that are named to other nodes. */
const MOST_NAMED = 500
/** How long stopping may take where the database does not answer, in ms. */
const FAREWELL = 2_000

type Ports = {
  pool: Pool
  /** How many sockets of this node have the room open, and whether its members are told by name; undefined where none has. */
  open(roomId: RoomId): { readonly size: number; readonly isSmall: boolean } | undefined
  /** Sends to those sockets. */
  tell(roomId: RoomId, presence: RoomPresence): void
  /** Tells other nodes that these rooms are worth a look; none for any. May be lost. */
  announce(rooms: RoomId[]): void
  failed(error: unknown): void
}
export type Presence = {
  connect(socket: AppSocket): void
  disconnect(socket: AppSocket): void
  /** Somebody whom the room knows has opened it on this socket. */
  enter(roomId: RoomId, socket: AppSocket, key: ActorKey): void
  leave(roomId: RoomId, socket: AppSocket): void
  setAway(socket: AppSocket, away: boolean): void
  /** Of its person, by their own will. Until this was said nobody sees them. */
  hide(socket: AppSocket, hidden: boolean): void
  /** Who has the room open, on all nodes. */
  in(roomId: RoomId): RoomPresence
  /** What is told of the room has changed in a way that presence does not know of. */
  changed(roomId: RoomId): void
  /** Another node says that it has written about these rooms; none for any. */
  look(rooms: readonly RoomId[]): void
  /** How many connections a person has to other nodes. */
  socketsElsewhere(userId: UserId): Promise<number>
  close(): Promise<void>
}

/** Who is there, shared with the other nodes by way of the database. Nothing here is on a message's way. */
export function openPresence({ pool, open, tell, announce, failed }: Ports): Presence {
  const node = newId<string>() as NodeId
  const here: Here<object> = new Here({
    room: (roomId) => {
      writer.room(roomId)
      writing.soon(BATCH)
      teller.changed(roomId)
    },
    person: (userId) => {
      writer.person(userId)
      writing.soon(BATCH)
    },
  })
  const writer = new Writer(pool, node, here)
  const reader = new Reader(pool, node)
  const teller = new Teller((roomId) => {
    const audience = open(roomId)
    if (!audience) return 0
    tell(roomId, presenceIn(roomId))
    return Math.max(REST, audience.size)
  })

  function presenceIn(roomId: RoomId): RoomPresence {
    const all = together(here.in(roomId), reader.elsewhere.in(roomId))
    const isSmall = open(roomId)?.isSmall === true
    return { present: isSmall ? Array.from(all, ([member, away]) => ({ member, away })) : null, count: all.size }
  }
  const write = async () => {
    const rooms = await writer.write()
    if (rooms.length > 0) announce(rooms.length > MOST_NAMED ? [] : rooms)
  }
  const look = async () => {
    const { changed, isKnown, isIncomplete, hasDead } = await reader.read()
    for (const roomId of changed) if (open(roomId)) teller.changed(roomId)
    if (!isKnown) writing.soon(0)
    if (isIncomplete) reading.soon(0)
    if (hasDead) await buryNodes(pool, node)
  }
  const writing = loop({ every: BEAT, work: write, failed })
  const reading = loop({ every: LOOK, work: look, failed })

  async function leave(): Promise<void> {
    await Promise.all([writing.stop(), reading.stop()])
    await removeNode(pool, node)
    announce([])
  }
  return {
    connect: (socket) => here.connect(socket, socket.data.session.userId),
    disconnect: (socket) => here.disconnect(socket),
    enter: (roomId, socket, key) => here.enter(roomId, socket, key),
    leave: (roomId, socket) => here.leave(roomId, socket),
    setAway: (socket, away) => here.setAway(socket, away),
    hide: (socket, hidden) => here.hide(socket, hidden),
    in: presenceIn,
    changed: (roomId) => teller.changed(roomId),
    look: (rooms) => {
      if (rooms.length === 0 || rooms.some((roomId) => open(roomId))) reading.soon(0)
    },
    socketsElsewhere: (userId) => socketsElsewhere(pool, { node, userId }),
    async close() {
      teller.close()
      const late = new Promise<void>((done) => setTimeout(done, FAREWELL).unref())
      await Promise.race([leave().catch(failed), late])
    },
  }
}
