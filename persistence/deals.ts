import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import {
  type ApplicationId,
  type BrandId,
  type CampaignId,
  type Deal,
  type Envelope,
  type Party,
  type RoomId,
  reduceDeal,
} from '../client-sdk/contract/index.ts'
import { EVENT_COLUMNS, type EventRow, fromRow, instant } from './log/read.ts'
import { query, read } from './sql.ts'

const TELLS = `type like 'application.%' or type like 'offer.%' or type like 'deliverable.%' or type like 'milestone.%'`
/** A deal's own events: the condition of the index that they are found by. */
export const IS_OF_DEAL = `(${TELLS} or type = 'log.erased')`
/** Erased words are gone from what told them, so how a deal stands is read without the erasures: people may erase what they wrote without end. */
const EVENTS = `select ${EVENT_COLUMNS} from event where stream_id = $1 and (${TELLS}) order by event.seq`

/** How a deal stands, in the caller's transaction: for good while it holds the application's row. Undefined where there is none. */
export async function dealIn(em: EntityManager, roomId: RoomId): Promise<Deal | undefined> {
  return dealFrom(await dealEventsIn(em, roomId))
}
/** What it is made of, but for erasures. */
export const dealEventsIn = async (em: EntityManager, roomId: RoomId): Promise<Envelope[]> =>
  (await query<EventRow>(em, EVENTS, [roomId])).map(fromRow)

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

/** Undefined where they begin no deal. */
export const dealFrom = (events: readonly Envelope[]): Deal | undefined => events.reduce<Deal | null>(reduceDeal, null) ?? undefined

export type Place = { brandId: BrandId; campaignId: CampaignId; applicationId: ApplicationId; roomId: RoomId }
type PlaceRow = { brand_id: BrandId; campaign_id: CampaignId; id: ApplicationId; room_id: RoomId }
const toPlace = (row: PlaceRow): Place => ({
  brandId: row.brand_id,
  campaignId: row.campaign_id,
  applicationId: row.id,
  roomId: row.room_id,
})

/** Where an application is; undefined where there is none. */
export async function placeOfDeal(pool: Pool, applicationId: ApplicationId): Promise<Place | undefined> {
  const text = 'select brand_id, campaign_id, id, room_id from application where id = $1'
  const [row] = await read<PlaceRow>(pool, 'place_of_deal', text, [applicationId])
  return row && toPlace(row)
}

/** A deal that is agreed, or was. */
export async function agreedDeal(pool: Pool, applicationId: ApplicationId): Promise<Place | undefined> {
  const [row] = await read<PlaceRow>(
    pool,
    'agreed_deal',
    `select brand_id, campaign_id, id, room_id from application
      where id = $1 and (state like 'agreed%' or state like 'delivering%' or state in ('completed', 'cancelled'))`,
    [applicationId],
  )
  return row && toPlace(row)
}

/** How often a side has asked to cancel what is agreed. */
export async function timesAsked(em: EntityManager, roomId: RoomId, by: Party): Promise<number> {
  const [row] = await query<{ n: number }>(
    em,
    `select count(*)::int as n from event where stream_id = $1 and (${TELLS}) and type = 'application.statusChanged'
        and deal::json ->> 'move' = 'cancel.request' and deal::json ->> 'to' like '%+' || $2`,
    [roomId, by],
  )
  return row?.n ?? 0
}

export type DueOffer = Place & { expiresAt: string }
/** Applications whose open offer has run out. */
export async function dueOffers(pool: Pool, limit: number): Promise<DueOffer[]> {
  const rows = await read<PlaceRow & { expires_at: string }>(
    pool,
    'due_offers',
    `select brand_id, campaign_id, id, room_id, ${instant('expires_at')} as expires_at from application
      where expires_at <= (select clock_timestamp()) order by expires_at limit $1`,
    [limit],
  )
  return rows.map((row) => ({ ...toPlace(row), expiresAt: row.expires_at }))
}
