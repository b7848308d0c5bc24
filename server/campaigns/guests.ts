import type { EntityManager } from '@mikro-orm/postgresql'
import { type CampaignId, type InviteCreator, type Output, ParleyError, type RedeemCode } from '../../client-sdk/contract/index.ts'
import { addGuest, addPersonAsGuest, campaignByCode, countInvited, invitedTo, removeGuest } from '../../persistence/campaigns/guests.ts'
import { Brand } from '../../persistence/entities/brands.ts'
import type { Campaign } from '../../persistence/entities/campaigns.ts'
import { notFound } from '../../persistence/event-log.ts'
import { type Ctx, caller } from '../ctx.ts'
import { writeTo } from '../mail/notify.ts'
import { spendMail } from '../mail/spend-mail.ts'
import { campaignInvitation } from '../mail/templates/campaign-invitation.ts'
import { asViewer, insisting } from '../market/authorise.ts'
import { once } from '../once.ts'
import { holdCampaign, holdTeam } from './hold.ts'

/** Addresses that one campaign invites. */
const MOST = 1_000

/**
 * Shows a campaign to an address, and writes to it once the campaign is published. The answer is the same whether or not anybody has
 * that address. Again it does nothing. Throws `campaign.full`.
 */
export const inviteCreator = (ctx: Ctx, input: InviteCreator): Promise<Output<'campaign.invite'>> =>
  changeGuests(ctx, 'campaign.invite', input, async (em, campaign) => {
    if (campaign.state === 'completed' || campaign.state === 'cancelled')
      throw new ParleyError('campaign.illegalMove', `It is ${campaign.state}: nobody is invited any more`)
    if (!(await addGuest(em, campaign.id, input.email, 'invited', ctx.now()))) return
    if ((await countInvited(em, campaign.id)) > MOST) throw new ParleyError('campaign.full', `A campaign invites ${MOST} addresses at most`)
    spendMail(ctx, input.email) // also before it is published: then all of them are written to at once
    if (campaign.publishedAt) await invite(em, ctx, campaign, [input.email])
  })

/** Takes that back, but for whoever has applied: the answer does not say who that is. */
export const uninviteCreator = (ctx: Ctx, input: InviteCreator): Promise<Output<'campaign.uninvite'>> =>
  changeGuests(ctx, 'campaign.uninvite', input, (em, campaign) => removeGuest(em, campaign.id, input.email))

type Ref = { campaignId: CampaignId }
type Effect = (em: EntityManager, campaign: Campaign) => Promise<void>
function changeGuests(ctx: Ctx, name: string, input: InviteCreator, effect: Effect): Promise<Ref> {
  return insisting(async () => {
    const standing = await asViewer(ctx, 'runCampaigns', input.campaignId)
    return ctx.em.transactional(async (em) => {
      await holdTeam(em, ctx, 'runCampaigns', standing.brandId)
      const campaign = await holdCampaign(em, standing)
      return once(em, ctx, name, input, async () => {
        await effect(em, campaign)
        return { campaignId: campaign.id }
      })
    })
  })
}

/** Opens a campaign that is for whoever has its code. Throws `resource.notFound` for a code of none. */
export function redeemCode(ctx: Ctx, { code }: RedeemCode): Promise<Output<'campaign.redeem'>> {
  const { userId } = caller(ctx)
  return ctx.em.transactional(async (em) => {
    const campaignId = await campaignByCode(em, code)
    if (!campaignId) throw notFound('campaign')
    await addPersonAsGuest(em, campaignId, userId, ctx.now())
    return { campaignId }
  })
}

/** Writes to all who were invited before there was anything to see. In the transaction that publishes it. */
export const mailGuests = async (em: EntityManager, ctx: Ctx, campaign: Campaign): Promise<void> =>
  invite(em, ctx, campaign, await invitedTo(em, campaign.id))

async function invite(em: EntityManager, ctx: Ctx, { id: campaignId, brandId, title }: Campaign, to: readonly string[]): Promise<void> {
  if (to.length === 0) return
  const { name: brand } = await em.findOneOrFail(Brand, brandId)
  await writeTo(em, ctx, { to, template: campaignInvitation, data: { brand, title, campaignId } })
}
