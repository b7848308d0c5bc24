import type { Server as HttpServer } from 'node:http'
import type { Socket as Connection } from 'node:net'
import { Server } from 'socket.io'
import { type Input, type Output, ParleyError } from '../client-sdk/contract/index.ts'
import { membersAmong } from '../persistence/rooms.ts'
import { sessionDoor, sessionIsLive } from '../persistence/session-door.ts'
import { sendMessage } from '../server/chat/send-message.ts'
import type { Ctx } from '../server/ctx.ts'
import { type DoorPorts, door, type Handlers } from './door.ts'
import { Gates } from './gates.ts'
import { end, greet, refusal } from './handshake.ts'
import { MOST_UNREAD, unread } from './outgoing.ts'
import { Pacer } from './pacer.ts'
import { People } from './people.ts'
import { roomHandlers } from './rooms.ts'
import type { AppServer, AppSocket } from './socket.ts'
import { tail } from './tail.ts'

export type HubOptions = Omit<DoorPorts, 'cut'> & {
  /** May a page of this origin open a socket? Programs without one may. */
  isAllowedOrigin(origin: string): boolean
  failed(error: unknown): void
}
export type Hub = { io: AppServer; close(): Promise<void> }

/** A frame beyond this closes its socket, in bytes. Below it every bad payload gets a typed answer. */
const MOST_BYTES = 1_000_000
/** How long a client has to say goodbye when the hub closes, in ms. */
const FAREWELL = 1_000
/** How often expired sessions are looked for, in ms. */
const SWEEP = 1_000

/** The Socket.IO side of a node, on an HTTP server of the caller's. */
export function openHub(http: HttpServer, options: HubOptions): Hub {
  const { house, failed } = options
  const { db } = house
  const io: AppServer = new Server(http, {
    serveClient: false,
    maxHttpBufferSize: MOST_BYTES,
    perMessageDeflate: false,
    transports: ['websocket'],
    allowRequest: ({ headers }, decide) => decide(null, headers.origin === undefined || options.isAllowedOrigin(headers.origin)),
    cors: { origin: (origin, decide) => decide(null, origin !== undefined && options.isAllowedOrigin(origin)) },
  })
  // Socket.IO keeps every socket's first request for ever; nothing here needs it.
  io.engine.on('connection', (raw: { request: unknown }) => {
    raw.request = null
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
    forget: (roomId) => pacer.forget(roomId),
    failed,
  })
  const people = new People(gates, {
    read: async (userId, after, limit) => (await db.log.readAfter(userId, after, limit)).events,
    door: (sessionId) => sessionDoor(db.pool, sessionId),
    end,
    failed,
  })
  const stopListening = db.log.onCommit((all) => {
    for (const committed of all) {
      people.offer(committed)
      gates.offer(committed)
    }
  })
  const stopTail = tail(db.log, {
    reach: (streamId, seq) => {
      people.reach(streamId, seq)
      gates.reach(streamId, seq)
    },
    failed,
  })

  const handlers: Handlers = {
    'session.renew': renew,
    ...roomHandlers(gates),
    'chat.send': sendMessage,
  }
  const handle = door({ ...options, cut: end }, handlers)

  /** Where each newcomer's own stream stood when their session was found to be live. */
  const arrivals = new WeakMap<AppSocket, number>()
  io.use(async (socket, next) => {
    try {
      const { session, head } = await greet(house, socket.handshake.auth)
      socket.data.session = session
      socket.data.refused = 0
      arrivals.set(socket, head)
      next()
    } catch (error) {
      if (!(error instanceof ParleyError)) failed(error)
      next(refusal(error))
    }
  })
  io.on('connection', (socket: AppSocket) => {
    socket.onAny((name: string, ...args: unknown[]) => void handle(socket, name, args).catch(failed))
    socket.on('disconnecting', () => {
      for (const room of socket.rooms) gates.leave(room as Parameters<Gates['leave']>[0], socket)
      people.detach(socket)
    })
    people.attach(socket, arrivals.get(socket) ?? 0).catch(failed)
  })

  const sweep = setInterval(() => {
    const now = house.now()
    for (const socket of io.sockets.sockets.values()) {
      if (socket.data.session.endsAt <= now) end(socket, new ParleyError('session.ended', 'The access token has expired'))
      else if (unread(socket) > MOST_UNREAD) end(socket, new ParleyError('client.tooSlow', 'Too much is unread; connect again'))
    }
  }, SWEEP)

  const close = async () => {
    clearInterval(sweep)
    stopListening()
    pacer.close()
    for (const socket of io.sockets.sockets.values())
      end(socket, new ParleyError('server.stopping', 'This server is stopping; connect again'))
    const impatient = setTimeout(() => {
      for (const connection of connections) connection.destroy()
    }, FAREWELL)
    await Promise.all([stopTail(), io.close()])
    clearTimeout(impatient)
    gates.close()
  }
  return { io, close }
}

/** A fresh token for the open socket, of the same session. */
async function renew(ctx: Ctx, { token }: Input<'session.renew'>, socket: AppSocket): Promise<Output<'session.renew'>> {
  const session = await ctx.tokens.verify(token, ctx.now())
  if (session.sessionId !== socket.data.session.sessionId) throw new ParleyError('access.denied', 'This token is of another session')
  if (!(await sessionIsLive(ctx.db.pool, session.sessionId)))
    throw new ParleyError('session.ended', 'This session has ended; sign in again')
  socket.data.session = session
  return { expiresAt: session.endsAt.toISOString() }
}
