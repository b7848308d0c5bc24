import type { Server as HttpServer, IncomingMessage } from 'node:http'
import type { Socket as Connection } from 'node:net'
import { Server } from 'socket.io'
import { ParleyError, type StreamId } from '../client-sdk/contract/index.ts'
import type { Committed } from '../persistence/event-log.ts'
import { listChanges } from '../persistence/lists.ts'
import { inboxOf } from '../persistence/readings.ts'
import type { Redis } from '../persistence/redis.ts'
import { membersAmong } from '../persistence/rooms.ts'
import { type SessionDoor, sessionDoor } from '../persistence/session-door.ts'
import { addressKey, addressOf } from '../server/address.ts'
import { limited } from '../server/limits.ts'
import type { Announced } from './announced.ts'
import { noBus, openBus } from './bus.ts'
import { type DoorPorts, door } from './door.ts'
import { Gates } from './gates.ts'
import { handlersOf } from './handlers.ts'
import { end, greet, refusal } from './handshake.ts'
import { Inbox } from './inbox.ts'
import { Lists } from './lists.ts'
import { cutOff, MOST_UNREAD, unread, watch } from './outgoing.ts'
import { Pacer } from './pacer.ts'
import { People } from './people.ts'
import { openPresence } from './presence/presence.ts'
import { socketsOf } from './reads.ts'
import { Seats } from './seats.ts'
import type { AppServer, AppSocket } from './socket.ts'
import { tail } from './tail.ts'
import { Typing } from './typing.ts'

export type HubOptions = Omit<DoorPorts, 'cut'> & {
  /** May a page of this origin open a socket? Programs without one may. */
  isAllowedOrigin(origin: string): boolean
  failed(error: unknown): void
  /** With it nodes hear of each other's commits at once; without it, or while it is away, from the log. */
  redis?: Redis | null | undefined
  /** How many proxies in front add to `X-Forwarded-For`. */
  trustedProxies?: number | undefined
  /** Of one person, on this node together with those known to be on others. */
  mostSockets?: number | undefined
}
export type Hub = { io: AppServer; close(): Promise<void> }

/** A frame beyond this closes its socket, in bytes. Below it every bad payload gets a typed answer. */
const MOST_BYTES = 1_000_000
/** How long a client has to say goodbye when the hub closes, in ms. */
const FAREWELL = 1_000
/** A connection that does not introduce itself for so long is closed, in ms. */
const INTRODUCTION = 10_000
/** How often expired sessions are looked for, in ms. */
const SWEEP = 1_000

/** The Socket.IO side of a node, on an HTTP server of the caller's. */
export function openHub(http: HttpServer, options: HubOptions): Hub {
  const { house, failed, redis = null, trustedProxies = 0 } = options
  const { db } = house
  const io: AppServer = new Server(http, {
    serveClient: false,
    maxHttpBufferSize: MOST_BYTES,
    perMessageDeflate: false,
    connectTimeout: INTRODUCTION,
    transports: ['websocket'],
    allowRequest: ({ headers }, decide) => decide(null, headers.origin === undefined || options.isAllowedOrigin(headers.origin)),
    cors: { origin: (origin, decide) => decide(null, origin !== undefined && options.isAllowedOrigin(origin)) },
  })
  io.engine.on('connection', (raw: { request: IncomingMessage | null; remoteAddress: string }) => {
    const forwarded = raw.request?.headers['x-forwarded-for']
    raw.remoteAddress = addressKey(addressOf(forwarded?.toString(), raw.remoteAddress, trustedProxies))
    raw.request = null // Socket.IO keeps every socket's first request for ever; nothing else here needs it
  })

  const pacer = new Pacer((roomId, events) => io.local.to(roomId).emit('room.event', events))
  const connections = new Set<Connection>()
  http.on('connection', (connection: Connection) => {
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
  })

  const gates = new Gates({
    read: (roomId, after, limit) => db.log.readAfter(roomId, after, limit),
    membersAmong: (roomId, users) => membersAmong(db.pool, roomId, users),
    emit: (roomId, events) => pacer.emit(roomId, events),
    entered: (roomId, socket, { key, told }) => (told ? presence.enter(roomId, socket, key) : presence.leave(roomId, socket)),
    leaving: (roomId, socket) => {
      typing.stop(roomId, socket)
      presence.leave(roomId, socket)
    },
    resized: (roomId) => presence.changed(roomId),
    forget: (roomId) => pacer.forget(roomId),
    failed,
  })
  const typing = new Typing(io, gates)
  const presence = openPresence({
    pool: db.pool,
    open: (roomId) => gates.get(roomId),
    tell: (roomId, state) => io.local.to(roomId).emit('room.presence', { roomId, ...state }),
    announce: (rooms) => bus.publish('presence.changed', rooms),
    failed,
  })
  const people = new People(gates, {
    read: async (userId, after, limit) => (await db.log.readAfter(userId, after, limit)).events,
    door: (sessionId) => sessionDoor(db.pool, sessionId),
    hide: (socket, hidden) => presence.hide(socket, hidden),
    end,
    failed,
  })
  const inbox = new Inbox({
    before: () => house.ownWords.flush(),
    users: () => people.users(),
    inboxOf: (rooms, users, told) => inboxOf(db.pool, rooms, users, told),
    tell: (userId, rooms) => {
      for (const socket of people.socketsOf(userId)) socket.emit('inbox.changed', { rooms })
    },
    failed,
  })
  const lists = new Lists({
    users: () => people.users(),
    changes: (streams, users) => listChanges(db.pool, streams, users),
    tell: (users, change) => io.local.to(users.map(socketsOf)).emit('lists.changed', change),
    failed,
  })
  const offer = (committed: Committed) => {
    people.offer(committed)
    gates.offer(committed)
  }
  const reach = (streamId: StreamId, seq: number) => {
    people.reach(streamId, seq)
    gates.reach(streamId, seq)
  }
  /** From another node. What ends a session is read from the log: nobody's word on the way may hold it back. */
  const hear = (batch: readonly Announced[]) => {
    for (const one of batch) {
      const seq = 'events' in one ? Math.max(...one.events.map((event) => event.seq)) : one.seq
      people.reach(one.streamId, seq)
      if ('events' in one) gates.offer(one)
      else gates.reach(one.streamId, seq)
    }
  }
  const bus = redis ? openBus(io, redis, { committed: hear, presenceChanged: (rooms) => presence.look(rooms) }, failed) : noBus
  const stopListening = db.log.onCommit((all) => {
    for (const committed of all) offer(committed)
    bus.announce(all)
  })
  const stopTail = tail(db.log, {
    reach: (streamId, seq) => {
      reach(streamId, seq)
      inbox.grew(streamId) // all that grows is seen here, by whatever node it was written
    },
    listed: (streamId, first) => lists.changed(streamId, first),
    failed,
  })

  const handlers = handlersOf({ io, gates, presence, typing })
  const handle = door({ ...options, cut: end }, handlers)

  /** What was known of each newcomer when their session was found to be live. */
  const arrivals = new WeakMap<AppSocket, SessionDoor>()
  const seats = options.mostSockets === undefined ? null : new Seats(options.mostSockets)
  io.use(async (socket, next) => {
    try {
      const { address, auth } = socket.handshake
      if (!house.limits.addresses.take(address)) throw limited(house.limits, 'addresses', address)
      const { session, door } = await greet(house, auth)
      seats?.take(session.userId, socket.conn, await presence.socketsElsewhere(session.userId))
      socket.handshake.auth = {} // nobody needs the token any more
      socket.data.session = session
      socket.data.refused = 0
      arrivals.set(socket, door)
      next()
    } catch (error) {
      if (!(error instanceof ParleyError)) failed(error)
      next(refusal(error))
    }
  })
  io.on('connection', (socket: AppSocket) => {
    watch(socket)
    socket.onAny((name: string, ...args: unknown[]) => void handle(socket, name, args).catch(failed))
    socket.on('disconnecting', () => {
      for (const room of socket.rooms) gates.leave(room as Parameters<Gates['leave']>[0], socket)
      presence.disconnect(socket)
      people.detach(socket)
    })
    presence.connect(socket)
    void socket.join(socketsOf(socket.data.session.userId))
    people.attach(socket, arrivals.get(socket)!).catch(failed)
  })

  const sweep = setInterval(() => {
    const now = house.now()
    for (const socket of io.sockets.sockets.values()) {
      if (socket.data.session.endsAt <= now) end(socket, new ParleyError('session.ended', 'The access token has expired'))
      else if (unread(socket) > MOST_UNREAD) cutOff(socket)
    }
  }, SWEEP)

  const close = async () => {
    clearInterval(sweep)
    inbox.close()
    lists.close()
    stopListening()
    bus.close()
    pacer.close()
    for (const socket of io.sockets.sockets.values())
      end(socket, new ParleyError('server.stopping', 'This server is stopping; connect again'))
    const impatient = setTimeout(() => {
      for (const connection of connections) connection.destroy()
    }, FAREWELL)
    await Promise.all([stopTail(), presence.close(), io.close()])
    clearTimeout(impatient)
    gates.close()
  }
  return { io, close }
}
