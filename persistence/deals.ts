import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import {
  type ApplicationId,
  type BrandId,
  type CampaignId,
  type Deal,
  type Envelope,
  type RoomId,
  reduceDeal,
} from '../client-sdk/contract/index.ts'
import { EVENT_COLUMNS, type EventRow, fromRow, instant } from './log/read.ts'
import { query, read } from './sql.ts'

/** A deal's own events: the condition of the index that they are found by. */
export const IS_OF_DEAL = `(type like 'application.%' or type like 'offer.%' or type like 'deliverable.%' or type like 'milestone.%' or type = 'log.erased')`
const EVENTS = `select ${EVENT_COLUMNS} from event where stream_id = $1 and ${IS_OF_DEAL} order by event.seq`

/** How a deal stands, in the caller's transaction: for good while it holds the application's row. Undefined where there is none. */
export async function dealIn(em: EntityManager, roomId: RoomId): Promise<Deal | undefined> {
  return dealFrom((await query<EventRow>(em, EVENTS, [roomId])).map(fromRow))
}

/** How a deal stands, as of where its room's log does. Undefined where there is none. */
export async function dealOf(pool: Pool, roomId: RoomId): Promise<Deal | undefined> {
  const rows = await read<EventRow & { head: string }>(
    pool,
    'deal_of',
    `select s.last_seq as head, e.* from stream s cross join lateral (${EVENTS.replace('stream_id = $1', 'stream_id = s.id')}) e
      where s.id = $1 order by e.seq`,
    [roomId],
  )
  const deal = dealFrom(rows.map(fromRow))
  return deal && { ...deal, asOf: Number(rows[0]!.head) }
}

const dealFrom = (events: readonly Envelope[]): Deal | undefined => events.reduce<Deal | null>(reduceDeal, null) ?? undefined

type Party = { brandId: BrandId; campaignId: CampaignId; applicationId: ApplicationId; roomId: RoomId }
type PartyRow = { brand_id: BrandId; campaign_id: CampaignId; id: ApplicationId; room_id: RoomId }
const toParty = (row: PartyRow): Party => ({
  brandId: row.brand_id,
  campaignId: row.campaign_id,
  applicationId: row.id,
  roomId: row.room_id,
})

/** A deal that is agreed, or was. */
export async function agreedDeal(pool: Pool, applicationId: ApplicationId): Promise<Party | undefined> {
  const [row] = await read<PartyRow>(
    pool,
    'agreed_deal',
    `select brand_id, campaign_id, id, room_id from application
      where id = $1 and (state like 'agreed%' or state like 'delivering%' or state in ('completed', 'cancelled'))`,
    [applicationId],
  )
  return row && toParty(row)
}

/** How these rooms' deals stand, as far as they have any. */
export async function dealsOf(pool: Pool, rooms: readonly RoomId[]): Promise<Map<RoomId, Deal>> {
  const rows = await read<EventRow>(
    pool,
    'deals_of',
    `select ${EVENT_COLUMNS} from event where stream_id = any($1::uuid[]) and ${IS_OF_DEAL} order by event.stream_id, event.seq`,
    [rooms],
  )
  const byRoom = Map.groupBy(rows.map(fromRow), ({ roomId }) => roomId)
  return new Map(
    Array.from(byRoom).flatMap(([roomId, events]) => {
      const deal = dealFrom(events)
      return deal ? [[roomId, deal] as const] : []
    }),
  )
}

export type DueOffer = Party & { expiresAt: string }
/** Applications whose open offer has run out. */
export async function dueOffers(pool: Pool, limit: number): Promise<DueOffer[]> {
  const rows = await read<PartyRow & { expires_at: string }>(
    pool,
    'due_offers',
    `select brand_id, campaign_id, id, room_id, ${instant('expires_at')} as expires_at from application
      where expires_at <= (select clock_timestamp()) order by expires_at limit $1`,
    [limit],
  )
  return rows.map((row) => ({ ...toParty(row), expiresAt: row.expires_at }))
}
