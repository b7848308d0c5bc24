import type { Pool } from 'pg'
import type { ApplicationCard, ApplicationId, ApplicationState, BrandId, CampaignId, RoomId, UserId } from '../client-sdk/contract/index.ts'
import { instant } from './log/read.ts'
import { read } from './sql.ts'

/** Of application a, with what it is about. */
export const CARD = `a.id, a.campaign_id, c.title, a.brand_id, b.name as brand, a.creator_id, p.name as creator, a.state, a.version, a.room_id,
  a.has_terms, ${instant('a.submitted_at')} as submitted_at, ${instant('a.changed_at')} as changed_at`
export const ABOUT = 'join campaign c on c.id = a.campaign_id join brand b on b.id = a.brand_id join person p on p.id = a.creator_id'

export type CardRow = {
  id: ApplicationId
  campaign_id: CampaignId
  title: string
  brand_id: BrandId
  brand: string
  creator_id: UserId
  creator: string
  state: ApplicationState
  version: number
  room_id: RoomId
  has_terms: boolean
  submitted_at: string
  changed_at: string
}

export const toCard = (row: CardRow): ApplicationCard => ({
  applicationId: row.id,
  campaignId: row.campaign_id,
  title: row.title,
  brand: { brandId: row.brand_id, name: row.brand },
  creator: { userId: row.creator_id, name: row.creator },
  state: row.state,
  version: row.version,
  roomId: row.room_id,
  hasTerms: row.has_terms,
  submittedAt: row.submitted_at,
  changedAt: row.changed_at,
})

/** These applications as lists show them, in this order; what does not exist is left out. Asks nobody's rights. */
export async function applicationCards(pool: Pool, ids: readonly ApplicationId[]): Promise<ApplicationCard[]> {
  const rows = await read<CardRow>(
    pool,
    'application_cards',
    `select ${CARD} from unnest($1::uuid[]) with ordinality as k (id, i) join application a on a.id = k.id ${ABOUT} order by k.i`,
    [ids],
  )
  return rows.map(toCard)
}
