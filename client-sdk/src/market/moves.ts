import { nextApplication } from '../../contract/applications/machine.ts'
import type { ApplicationCard, ApplicationPlace, MoveApplication, MoveApplications, Moved } from '../../contract/applications/schema.ts'
import { nextCampaign } from '../../contract/campaigns/machine.ts'
import type { CampaignCard, CampaignPlace, MoveCampaign, SaveCampaign } from '../../contract/campaigns/schema.ts'
import type { TeamRole } from '../../contract/roles.ts'
import type { Change } from './expected.ts'
import { type MarketHost, telling, type Versioned } from './host.ts'
import type { Said } from './said.ts'
import { isApplicationCard, isCampaignCard } from './shapes.ts'

/** A campaign as it was read, or its id and the version that a change is made for. */
export type CampaignRef = Versioned<'campaignId'>
/** An application as it was read, or its id and the version that a move is made for. */
export type ApplicationRef = Versioned<'applicationId'>
/** Later deadlines, ISO 8601. */
export type Deadlines = { readonly applyBy?: string; readonly decideBy?: string }

/** Of a card that some list shows, where `next` says where that leads. The moment is ours until the hub tells its own. */
function foreseen<C extends { readonly version: number }>(
  { followed }: MarketHost,
  id: string,
  isIt: (item: unknown) => item is C,
  next: (card: C) => string | null,
  say: (card: C) => Said,
): Change[] {
  const card = [...followed].flatMap(({ items }) => items).find(isIt)
  const state = card && next(card)
  const changedAt = new Date().toISOString()
  return state ? [{ id, version: card.version + 1, say: (more) => say({ ...card, state, changedAt, ...more }) }] : []
}

/** Who does not say what they are may be an owner. */
export function moveCampaign(
  host: MarketHost,
  move: MoveCampaign['move'],
  { campaignId, version, me = 'owner' }: CampaignRef,
  more: { reason?: string } & Deadlines = {},
): Promise<CampaignPlace> {
  const isIt = (item: unknown): item is CampaignCard => isCampaignCard(item) && item.campaignId === campaignId && item.version === version
  const next = ({ state }: CampaignCard) => nextCampaign(state, move, me as TeamRole) // a creator may nothing here
  const changes = foreseen(host, campaignId, isIt, next, (campaign) => ({ campaign }))
  return host.expected.order(changes, host.orders.order('campaign.move', { campaignId, version, move, ...more }), (place) => place)
}

/** A move is of one side alone, but for the request to cancel: of who does not say what they are that is not foreseen. */
function foreseenApplication(host: MarketHost, { applicationId, version, me }: ApplicationRef, move: MoveApplication['move']): Change[] {
  const isIt = (item: unknown): item is ApplicationCard =>
    isApplicationCard(item) && item.applicationId === applicationId && item.version === version
  const roles = me ? [me] : move === 'cancel.request' ? [] : (['owner', 'creator'] as const)
  const next = ({ state }: ApplicationCard) => roles.map((role) => nextApplication(state, move, role)).find((to) => to !== null) ?? null
  return foreseen(host, applicationId, isIt, next, (application) => ({ application }))
}

export function moveApplication(
  host: MarketHost,
  move: MoveApplication['move'],
  ref: ApplicationRef,
  reason?: string,
): Promise<ApplicationPlace> {
  const { applicationId, version } = ref
  const sent = host.orders.order('application.move', { applicationId, version, move, reason })
  return host.expected.order(foreseenApplication(host, ref, move), sent, (place) => place)
}

export function moveApplications(
  host: MarketHost,
  what: { campaignId: string } & Pick<MoveApplications, 'move' | 'reason'>,
  refs: readonly ApplicationRef[],
): Promise<Moved> {
  const applications = refs.map(({ applicationId, version }) => ({ applicationId, version }))
  const sent = host.orders.order('application.moveMany', { ...what, applications })
  const changes = refs.flatMap((ref) => foreseenApplication(host, ref, what.move))
  return host.expected.order(changes, sent, ({ moved }, id) => moved.find(({ applicationId }) => applicationId === id))
}

/** Beyond every version: a flag has none. */
const BEYOND = 2 ** 52
/** One after the other, whatever becomes of each: the last word holds. */
export function saveCampaign(host: MarketHost, campaignId: string, saved: boolean): Promise<Pick<SaveCampaign, 'campaignId'>> {
  const order = () => host.orders.order('campaign.save', { campaignId, saved })
  const sent = host.expected.last(campaignId)?.then(order, order) ?? order()
  const change = { id: campaignId, version: BEYOND, say: (more: object) => ({ saved, campaignId, ...more }) }
  return host.expected.order([change], telling(host, sent, { saved, campaignId }), () => undefined)
}
