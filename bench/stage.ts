import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { type Database, openDatabase } from '../persistence/database.ts'
import { startPostgres } from '../persistence/embedded-postgres.ts'
import { migrate } from '../persistence/migrate.ts'
import type { House } from '../server/ctx.ts'
import { createPeople, createRooms, newTokenKey, openHouse } from './fixtures.ts'
import type { Seat } from './load/client.ts'
import { type BenchServer, type Kind, startServer } from './servers/start.ts'

/** Who may connect, the same to all servers. `speakers` are in the storm's rooms too. */
export type Seats = { chat: Seat[]; storm: Seat[]; speakers: Seat[]; crowd: Seat[] }
/** `worker`: false where the database was filled in bulk, and signing or indexing all of that would be measured too. */
export type NodeOptions = { redisUrl?: string | null; worker?: boolean; nodeOptions?: readonly string[] }
/** A fresh, migrated database with Parley's rules on it, in this process, and servers on it in processes of their own. */
export type Ground = { house: House; url: string; node(options?: NodeOptions): Promise<BenchServer>; close(): Promise<void> }
/** What a run stands on: one PostgreSQL, a database for each server, and Parley's people in theirs. */
export type Stage = {
  seats: Seats
  /** The postmaster's pid. */
  postgres: number
  /** `shared`: the one that several measures use; the others get one of their own, started with these options. */
  server(kind: Kind, nodeOptions?: readonly string[]): Promise<BenchServer>
  shared(kind: Kind): Promise<BenchServer>
  open(name: string): Promise<Ground>
  close(): Promise<void>
}

const ROOMS = 50
/** In a room. */
export const MEMBERS = 10
const STORM_MEMBERS = 20
const CROWD = 2_200

export async function openStage(): Promise<Stage> {
  const home = await mkdtemp(join(tmpdir(), 'parley-bench-'))
  await chmod(home, 0o755) // as root, PostgreSQL's own account has to get in
  const postgres = await startPostgres({ dataDir: join(home, 'postgres') })
  const tokenKey = newTokenKey()
  const servers: BenchServer[] = []
  const sharedServers = new Map<Kind, Promise<BenchServer>>()

  const database = async (name: string, migrated: boolean) => {
    const client = new pg.Client({ connectionString: postgres.url })
    await client.connect()
    await client.query(`create database ${name}`)
    await client.end()
    const url = new URL(postgres.url)
    url.pathname = name
    if (migrated) await migrate(url.href)
    return url.href
  }
  const urls = { bare: '', batched: await database('batched', false), parley: await database('parley', true) }

  const start = async (kind: Kind, databaseUrl: string, { redisUrl = null, worker = true, nodeOptions = [] }: NodeOptions = {}) => {
    const settings = { databaseUrl, tokenKey, logFile: join(home, 'parley.log'), redisUrl, worker }
    const started = await startServer(kind, settings, nodeOptions)
    servers.push(started)
    return started
  }
  const server: Stage['server'] = (kind, nodeOptions = []) => start(kind, urls[kind], { nodeOptions })
  const open: Stage['open'] = async (name) => {
    const url = await database(name, true)
    const db = await openDatabase({ url })
    const nodes: BenchServer[] = []
    const node: Ground['node'] = async (options) => {
      const started = await start('parley', url, options)
      nodes.push(started)
      return started
    }
    const close = async () => {
      await Promise.all(nodes.map((its) => its.stop()))
      await db.close()
    }
    return { house: openHouse(db, tokenKey), url, node, close }
  }
  const db = await openDatabase({ url: urls.parley })
  const seats = await fill(db, tokenKey).finally(() => db.close())

  return {
    seats,
    postgres: postgres.pid,
    server,
    shared(kind) {
      const known = sharedServers.get(kind) ?? server(kind)
      sharedServers.set(kind, known)
      return known
    },
    open,
    async close() {
      await Promise.allSettled(servers.map((its) => its.stop()))
      await postgres.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

async function fill(db: Database, tokenKey: string): Promise<Seats> {
  const house = openHouse(db, tokenKey)
  const people = await createPeople(house, CROWD)
  const chat = await createRooms(house, people, ROOMS, MEMBERS)
  const stormAll = await createRooms(house, people, ROOMS, STORM_MEMBERS + 1)
  const crowd = await createRooms(house, people, CROWD / MEMBERS, MEMBERS)
  const isSpeaker = (i: number) => i % (STORM_MEMBERS + 1) === 0
  const storm = stormAll.filter((_, i) => !isSpeaker(i))
  return { chat, storm, speakers: stormAll.filter((_, i) => isSpeaker(i)), crowd }
}
