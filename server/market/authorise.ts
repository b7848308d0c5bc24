import type { ApplicationId, BrandId, CampaignId, MarketRule } from '../../client-sdk/contract/index.ts'
import { marketRules, mayAs, ParleyError } from '../../client-sdk/contract/index.ts'
import {
  type ApplicationStanding,
  applicationStanding,
  type CampaignStanding,
  campaignStanding,
  type TeamStanding,
  teamStanding,
} from '../../persistence/market.ts'
import { type Ctx, caller } from '../ctx.ts'

/**
 * What the caller is to a brand, a campaign or an application, read now. Who is nothing to it learns nothing:
 * `resource.notFound`, the same as for what does not exist. Who is something without the right gets `access.denied`.
 */
export const asTeam = async (ctx: Ctx, rule: MarketRule, brandId: BrandId): Promise<TeamStanding> =>
  check(rule, 'brand', await teamStanding(ctx.db.pool, brandId, caller(ctx).userId))
export const asParty = async (ctx: Ctx, rule: MarketRule, applicationId: ApplicationId): Promise<ApplicationStanding> =>
  check(rule, 'application', await applicationStanding(ctx.db.pool, applicationId, caller(ctx).userId))
/** A creator is something to every campaign that they may see. */
export const asViewer = async (ctx: Ctx, rule: MarketRule, campaignId: CampaignId): Promise<CampaignStanding> =>
  check(rule, 'campaign', await campaignStanding(ctx.db.pool, campaignId, caller(ctx).userId))

function check<S extends { role: Parameters<typeof mayAs>[1] }>(rule: MarketRule, what: string, standing: S | undefined): S {
  if (!standing) throw new ParleyError('resource.notFound', `No such ${what}`)
  if (!mayAs(rule, standing.role)) throw new ParleyError('access.denied', `It takes another role: ${marketRules[rule].join(' or ')}`)
  return standing
}

/** How often rights may change under one write before the client is told to try again. */
const TRIES = 5
/** For writes whose log refuses a standing that is out of date: then all of it is done again with one that was read anew. */
export async function insisting<T>(write: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await write()
    } catch (error) {
      if (!(error instanceof ParleyError) || error.code !== 'access.changed' || tries === TRIES) throw error
    }
  }
}

/** The order was made for another state of the thing. Ask while its row is locked. */
export function assertCurrent({ version: now }: { version: number }, { version }: { version: number }): void {
  if (now !== version) throw new ParleyError('resource.stale', `It changed since version ${version}; look again`)
}
