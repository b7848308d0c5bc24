import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { MailKind, RoomId } from '../../client-sdk/contract/index.ts'
import { eventsOf } from '../applications/testing.ts'
import type { TestPerson, World } from '../testing.ts'

/** A client that can do behind the program's back what nobody may, so that days pass at once. The log's hashes no longer fit after that. */
export async function timeKeeper({ url }: World): Promise<pg.Client> {
  const superuser = new pg.Client({ connectionString: url, options: '-c search_path=parley -c session_replication_role=replica' })
  await superuser.connect()
  return superuser
}

type Where = { roomId: RoomId }
/** All that was said in a room so far was said so many ms earlier. */
export const age = (superuser: pg.Client, { roomId }: Where, ms: number): Promise<unknown> =>
  superuser.query('update event set at = at - make_interval(secs => $2::float / 1000) where stream_id = $1', [roomId, ms])

/** Work that terms of this room have due on one day is due on another, however long ago. */
export const redate = (superuser: pg.Client, { roomId }: Where, from: string, to: string): Promise<unknown> =>
  superuser.query(`update event set deal = replace(deal, $2, $3) where stream_id = $1 and type = 'offer.proposed'`, [
    roomId,
    `"due":"${from}"`,
    `"due":"${to}"`,
  ])

/** Waits until a day has begun, where it would while a test runs that counts them. In ms. */
export async function awayFromMidnight(during = 60_000): Promise<void> {
  const left = 86_400_000 - (Date.now() % 86_400_000)
  if (left < during) await sleep(left + 1_000)
}

/** The day so many days from now, which may be before; by UTC. */
export const dayIn = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

export type Mail = { kind: MailKind | null; subject: string; body: string }
/** What lies in the mailbox for somebody, of one of the kinds that they can do without; the oldest first. */
export async function mailsTo(w: World, { userId }: TestPerson): Promise<Mail[]> {
  const { rows } = await w.db.pool.query<Mail>('select kind, subject, body from mail where user_id = $1 and kind is not null order by id', [
    userId,
  ])
  return rows
}

export type Reminder = { kind: string; to: string; offer?: number; deliverable?: number; due?: string }
/** What a room's log says that somebody was reminded of. */
export const remindersOf = async (w: World, { roomId }: Where): Promise<Reminder[]> =>
  (await eventsOf(w, roomId)).filter(({ type }) => type.endsWith('.reminded')).map(({ data }) => data.deal as Reminder)
