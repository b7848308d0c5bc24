import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { io, type Socket } from 'socket.io-client'
import {
  type ClientToServer,
  type CommandName,
  type Envelope,
  type Handshake,
  type Output,
  PROTOCOL_VERSION,
  type Reply,
  type ServerToClient,
} from '../client-sdk/contract/index.ts'
import { type Database, openDatabase } from '../persistence/database.ts'
import { type House, house } from '../server/ctx.ts'
import { type Limits, unlimited } from '../server/limits.ts'
import { type TestPerson, type World, type WorldOptions, world } from '../server/testing.ts'
import type { Line } from './door.ts'
import { type HubOptions, openHub } from './hub.ts'
import type { AppServer } from './socket.ts'

export type TestClient = {
  socket: Socket<ServerToClient, ClientToServer>
  /** Every envelope it was sent, in order of arrival. */
  heard: Envelope[]
  /** Sends anything at all, and returns the answer. */
  ask<C extends CommandName>(name: C, input: unknown): Promise<Reply<Output<C>>>
  /** The same, for what must go well. */
  do<C extends CommandName>(name: C, input: unknown): Promise<Output<C>>
}
/** A node has limits, a way to others and connections to the database of its own, as in a process of its own. */
type NodeOptions = Partial<Pick<HubOptions, 'redis' | 'trustedProxies' | 'mostSockets'>> & { limits?: Partial<Limits> }
type HubSettings = WorldOptions & Pick<NodeOptions, 'redis' | 'trustedProxies' | 'mostSockets'>
export type TestNode = { url: string; io: AppServer; db: Database; close(): Promise<void> }
export type TestHub = World & {
  url: string
  /** The superuser's. */
  databaseUrl: string
  /** The first node's own side. */
  io: AppServer
  /** What the door logged. */
  lines: Line[]
  dropped: string[]
  failures: unknown[]
  /** Signed in, on the first node unless another's address is given. */
  client(person: TestPerson, auth?: Partial<Handshake>, url?: string): Promise<TestClient>
  /** Another node on the same database. */
  node(options?: NodeOptions): Promise<TestNode>
}

/** A real server on port 0 over a database of its own. */
export async function hub({ redis, trustedProxies, mostSockets, ...options }: HubSettings = {}): Promise<TestHub> {
  const w = await world(options)
  const lines: Line[] = []
  const dropped: string[] = []
  const failures: unknown[] = []
  const clients: Socket[] = []
  const nodes: (() => Promise<void>)[] = []

  async function open(house: House, options: NodeOptions): Promise<TestNode> {
    const http = createServer()
    const opened = openHub(http, {
      ...options,
      house,
      // The second is a browser's that shows a page of this machine.
      isAllowedOrigin: (origin) => origin === 'https://app.example.com' || origin.startsWith('http://127.0.0.1:'),
      log: (line) => lines.push(line),
      dropped: (name) => dropped.push(name),
      failed: (error) => failures.push(error),
    })
    await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
    nodes.push(opened.close)
    return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, io: opened.io, db: house.db, close: opened.close }
  }
  const first = await open(w.house, { redis, trustedProxies, mostSockets })

  const node: TestHub['node'] = async ({ limits, ...options } = {}) => {
    const db = await openDatabase({ url: w.url, maxConnections: 10 })
    nodes.push(db.close)
    const { tokens, sessionDays, signer, now } = w.house
    return open(house(db, { tokens, limits: { ...unlimited(), ...limits }, sessionDays, signer }, now), options)
  }

  async function client(person: TestPerson, auth: Partial<Handshake> = {}, url = first.url): Promise<TestClient> {
    const token = auth.token ?? (await w.session(person)).accessToken
    const handshake: Handshake = { token, sdk: '0.0.0', protocol: PROTOCOL_VERSION, ...auth }
    const socket: TestClient['socket'] = io(url, { auth: handshake, transports: ['websocket'], reconnection: false, forceNew: true })
    clients.push(socket as Socket)
    const heard: Envelope[] = []
    socket.on('room.event', (events) => heard.push(...events))
    await new Promise<void>((done, fail) => {
      socket.once('connect', done)
      socket.once('connect_error', (error) => fail((error as Error & { data?: Error }).data ?? error))
    })
    const ask = (name: string, input: unknown) => (socket as Socket).timeout(5_000).emitWithAck(name, input)
    const act = async (name: string, input: unknown) => {
      const reply: Reply<never> = await ask(name, input)
      if (!reply.ok) throw Object.assign(new Error(reply.error.message), reply.error)
      return reply.data
    }
    return { socket, heard, ask, do: act }
  }

  const close = async () => {
    for (const socket of clients) socket.close()
    for (const stop of nodes.reverse()) await stop()
    await w.close()
  }
  return { ...w, url: first.url, databaseUrl: w.url, io: first.io, lines, dropped, failures, client, node, close }
}
