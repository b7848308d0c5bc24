import type { Pool } from 'pg'
import type {
  ApplicationId,
  BrandId,
  Campaign,
  CampaignCard,
  CampaignId,
  CampaignListing,
  CampaignState,
  Role,
  RoomId,
  UserId,
  Visibility,
} from '../client-sdk/contract/index.ts'
import { instant } from './log/read.ts'
import { IS_SHOWN } from './market.ts'
import { read } from './sql.ts'

/** Of campaign `c` and its brand `b`. */
export const CARD = `c.id, c.brand_id, b.name as brand, c.state, c.version, c.title, c.platforms, c.categories, c.territories, c.languages,
  c.budget_min, c.budget_max, c.currency, c.creators, c.visibility, ${instant('c.apply_by')} as apply_by,
  ${instant('c.decide_by')} as decide_by, ${instant('c.published_at')} as published_at, ${instant('c.changed_at')} as changed_at`
/** Of the campaign and a creator `p`. */
export const LISTING = `${CARD},
  exists (select from saved_campaign s where s.user_id = p.id and s.campaign_id = c.id) as saved,
  (select a.id from application a where a.campaign_id = c.id and a.creator_id = p.id) as application_id`

export type CardRow = {
  id: CampaignId
  brand_id: BrandId
  brand: string
  state: CampaignState
  version: number
  title: string
  platforms: string[]
  categories: string[]
  territories: string[]
  languages: string[]
  budget_min: string | null
  budget_max: string | null
  currency: string | null
  creators: number | null
  visibility: Visibility
  apply_by: string | null
  decide_by: string | null
  published_at: string | null
  changed_at: string
}
export type ListingRow = CardRow & { saved: boolean; application_id: ApplicationId | null }
type DetailRow = ListingRow &
  Pick<Campaign, 'brief' | 'goals' | 'deliverables' | 'questions' | 'code' | 'reason'> & {
    opens_at: string | null
    starts_on: string | null
    ends_on: string | null
    created_at: string
    role: Role
    room_id: RoomId | null
  }

export function toCard(row: CardRow): CampaignCard {
  const { id: campaignId, state, version, title, platforms, categories, territories, languages, creators, visibility } = row
  const brand = { brandId: row.brand_id, name: row.brand }
  const { currency } = row
  const budget = currency === null ? null : { min: Number(row.budget_min), max: Number(row.budget_max), currency }
  const lists = { platforms, categories, territories, languages }
  const dates = { applyBy: row.apply_by, decideBy: row.decide_by, publishedAt: row.published_at, changedAt: row.changed_at }
  return { campaignId, brand, state, version, title, ...lists, budget, creators, visibility, ...dates }
}

export const toListing = (row: ListingRow): CampaignListing => ({ ...toCard(row), saved: row.saved, applicationId: row.application_id })

/** All of a campaign as this person may see it; undefined where they may not. By one snapshot, so nobody sees what came after their removal. */
export async function campaignFor(pool: Pool, campaignId: CampaignId, userId: UserId): Promise<Campaign | undefined> {
  const [row] = await read<DetailRow>(
    pool,
    'campaign_for',
    `select ${LISTING}, c.brief, c.goals, c.deliverables, c.questions, ${instant('c.opens_at')} as opens_at, c.starts_on::text, c.ends_on::text,
            ${instant('c.created_at')} as created_at, coalesce(m.role, 'creator') as role,
            case when m.role is not null then c.room_id end as room_id,
            case when m.role in ('owner', 'manager', 'viewer') then c.code end as code,
            case when m.role is not null or exists (select from application a where a.campaign_id = c.id and a.creator_id = p.id)
                 then e.personal::json ->> 'reason' end as reason
       from campaign c join brand b on b.id = c.brand_id join person p on p.id = $2
       left join active_member m on m.room_id = c.room_id and m.user_id = p.id
       left join event e on e.stream_id = c.room_id and e.seq = c.moved
      where c.id = $1 and (m.role is not null or ${IS_SHOWN})`,
    [campaignId, userId],
  )
  if (!row) return undefined
  const { brief, goals, deliverables, questions, code, reason, role: me, room_id: roomId, created_at: createdAt } = row
  const dates = { opensAt: row.opens_at, startsOn: row.starts_on, endsOn: row.ends_on, createdAt }
  return { ...toListing(row), brief, goals, deliverables, questions, ...dates, me, roomId, code, reason }
}
