import type { Pool } from 'pg'
import type { BrandId, CampaignCard, CampaignListing, CampaignState, UserId } from '../../client-sdk/contract/index.ts'
import { CARD, type CardRow, LISTING, type ListingRow, toCard, toListing } from '../campaigns.ts'
import { exactly } from '../log/read.ts'
import { IS_SHOWN } from '../market.ts'
import { read } from '../sql.ts'
import type { Place, Placed } from './discover.ts'
import { brandLexeme } from './write.ts'

type Page = { userId: UserId; after: Place | null; limit: number }
type OfBrand = Page & { brandId: BrandId; states: readonly CampaignState[] }
const IS_TEAM = 'exists (select from active_team t where t.brand_id = $1 and t.user_id = $2)'

/** A brand's campaigns in these states, the last changed first; nothing for whoever is not of its team. */
export async function campaignsOf(pool: Pool, { brandId, userId, states, after, limit }: OfBrand): Promise<Placed<CampaignCard>[]> {
  const rows = await read<CardRow & { key: string }>(
    pool,
    'campaigns_of',
    `select ${CARD}, ${exactly('c.changed_at')} as key
       from unnest($3::text[]) s (state) cross join lateral (
         select * from campaign c where c.brand_id = $1 and c.state = s.state
            and ($4::timestamptz is null or (c.changed_at, c.id) < ($4, $5::uuid))
          order by c.changed_at desc, c.id desc limit $6) c
       join brand b on b.id = c.brand_id
      where ${IS_TEAM} order by c.changed_at desc, c.id desc limit $6`,
    [brandId, userId, states, after?.key, after?.id, limit],
  )
  return rows.map((row) => ({ item: toCard(row), place: { key: row.key, id: row.id } }))
}

/** Those of them that say what is looked for. `words`: for `websearch_to_tsquery`. */
export async function searchCampaignsOf(
  pool: Pool,
  { brandId, userId, states, after, limit, words }: OfBrand & { words: string },
): Promise<Placed<CampaignCard>[]> {
  const rows = await read<CardRow & { key: string }>(
    pool,
    'search_campaigns_of',
    `select ${CARD}, ${exactly('c.changed_at')} as key
       from campaign c join brand b on b.id = c.brand_id
      where c.brand_id = $1 and c.state = any($3::text[]) and ${IS_TEAM}
        and c.words @@ (array_to_tsvector(array[$7])::text::tsquery && websearch_to_tsquery('english', $8))
        and ($4::timestamptz is null or (c.changed_at, c.id) < ($4, $5::uuid))
      order by c.changed_at desc, c.id desc limit $6`,
    [brandId, userId, states, after?.key, after?.id, limit, brandLexeme(brandId), words],
  )
  return rows.map((row) => ({ item: toCard(row), place: { key: row.key, id: row.id } }))
}

/** What a creator keeps and may still see, the last kept first. */
export async function savedCampaigns(pool: Pool, { userId, after, limit }: Page): Promise<Placed<CampaignListing>[]> {
  const rows = await read<ListingRow & { key: string }>(
    pool,
    'saved_campaigns',
    `select ${LISTING}, ${exactly('k.at')} as key
       from saved_campaign k join person p on p.id = k.user_id join campaign c on c.id = k.campaign_id join brand b on b.id = c.brand_id
       left join active_member m on m.room_id = c.room_id and m.user_id = p.id
      where k.user_id = $1 and (m.role is not null or ${IS_SHOWN})
        and ($2::timestamptz is null or k.at < $2 or (k.at = $2 and k.campaign_id > $3::uuid))
      order by k.at desc, k.campaign_id limit $4`,
    [userId, after?.key, after?.id, limit],
  )
  return rows.map((row) => ({ item: toListing(row), place: { key: row.key, id: row.id } }))
}
