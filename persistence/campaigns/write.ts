import type { EntityManager } from '@mikro-orm/postgresql'
import type { BrandId, CampaignId, UserId } from '../../client-sdk/contract/index.ts'
import { query } from '../sql.ts'

/** Stands, in `words`, for the brand itself: a search of one brand's campaigns reads no other's. No text has such a lexeme. */
export const brandLexeme = (brandId: BrandId): string => `b:${brandId}`

/** What a search finds it by. `text`: searchable words, see search/words.ts. */
export async function indexCampaign(em: EntityManager, id: CampaignId, brandId: BrandId, text: string): Promise<void> {
  await query(em, `update campaign set words = to_tsvector('english', $2) || array_to_tsvector(array[$3]) where id = $1`, [
    id,
    text,
    brandLexeme(brandId),
  ])
}

/** Keeps a campaign for a creator, or lets it go. Answers whether there was anything to do. */
export async function setSaved(em: EntityManager, userId: UserId, campaignId: CampaignId, saved: boolean, at: Date): Promise<boolean> {
  const done = saved
    ? await query(em, 'insert into saved_campaign (user_id, campaign_id, at) values ($1, $2, $3) on conflict do nothing returning 1', [
        userId,
        campaignId,
        at,
      ])
    : await query(em, 'delete from saved_campaign where user_id = $1 and campaign_id = $2 returning 1', [userId, campaignId])
  return done.length > 0
}
