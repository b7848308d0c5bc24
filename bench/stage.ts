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
/** What a run stands on: one PostgreSQL, a database for each server, and Parley's people in theirs. */
export type Stage = {
  seats: Seats
  /** The postmaster's pid. */
  postgres: number
  /** `shared`: the one that several measures use; the others get one of their own, started with these options. */
  server(kind: Kind, nodeOptions?: readonly string[]): Promise<BenchServer>
  shared(kind: Kind): Promise<BenchServer>
  /** A fresh, migrated database with Parley's rules on it, in this process. */
  open(name: string): Promise<{ house: House; url: string; close(): Promise<void> }>
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

  const server: Stage['server'] = async (kind, nodeOptions) => {
    const started = await startServer(kind, { databaseUrl: urls[kind], tokenKey, logFile: join(home, 'parley.log') }, nodeOptions)
    servers.push(started)
    return started
  }
  const open: Stage['open'] = async (name) => {
    const url = await database(name, true)
    const db = await openDatabase({ url })
    return { house: openHouse(db, tokenKey), url, close: () => db.close() }
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
