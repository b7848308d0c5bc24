import { type ApplicationId, type CampaignId, type Envelope, type EventName, isFinal, type RoomId } from '../client-sdk/contract/index.ts'

/** What a room is of: an application, its campaign, and the newest version of its terms; or a campaign. Absent for every other room. */
export type Subjects = ReadonlyMap<RoomId, { applicationId: ApplicationId | null; campaignId: CampaignId; offer: number | null }>
/** Something has become of a thing: its run is to look at it. `begins`: there is to be one, if there was none yet. */
export type Order =
  | { kind: 'application' | 'deliverables'; entity: ApplicationId; begins: boolean }
  | { kind: 'campaign'; entity: CampaignId; begins: boolean }
  | { kind: 'offer'; entity: ApplicationId; offer: number; begins: boolean }

/** Where it came about. */
type Of = { applicationId: ApplicationId; campaignId: CampaignId; offer: number | null }
const campaign = ({ campaignId: entity }: Pick<Of, 'campaignId'>): Order => ({ kind: 'campaign', entity, begins: true })
const application = ({ applicationId: entity }: Of): Order => ({ kind: 'application', entity, begins: true })
const work = ({ applicationId: entity }: Of): Order => ({ kind: 'deliverables', entity, begins: true })
const offer = ({ applicationId: entity }: Of, number: number, begins = false): Order => ({ kind: 'offer', entity, offer: number, begins })

const ofCampaign = (_event: Envelope, of: Of) => [campaign(of)]
const ofWork = (_event: Envelope, of: Of) => [work(of)]
/** No offer waits any more: the application waits for the brand again. */
const answered = ({ data }: Envelope<'offer.declined' | 'offer.withdrawn' | 'offer.expired'>, of: Of) => [
  offer(of, data.deal.offer),
  application(of),
]
/** There is work to be delivered, in this state of an application. */
const hasWork = (state: string) => /^(agreed|delivering)/.test(state)

/** Which runs an event concerns; null: none ever. A type that is new does not compile until somebody has decided. */
const concerns: { [E in EventName]: ((event: Envelope<E>, of: Of) => Order[]) | null } = {
  'campaign.created': ofCampaign,
  'campaign.changed': ofCampaign,
  'campaign.statusChanged': ofCampaign,
  'campaign.notOpened': ofCampaign,
  'application.submitted': (_event, of) => [application(of)],
  'application.statusChanged': ({ data: { deal } }, of) => [
    application(of),
    ...(hasWork(deal.from) || hasWork(deal.to) ? [work(of)] : []),
    ...(isFinal(deal.to) ? [campaign(of), ...(of.offer === null ? [] : [offer(of, of.offer)])] : []), // what was open is over with it
  ],
  'offer.proposed': ({ data: { deal } }, of) => [...(deal.offer > 1 ? [offer(of, deal.offer - 1)] : []), offer(of, deal.offer, true)],
  'offer.accepted': ({ data: { deal } }, of) => [offer(of, deal.offer), work(of)], // an amendment may have changed the work
  'offer.declined': answered,
  'offer.withdrawn': answered,
  'offer.expired': answered,
  'deliverable.statusChanged': ofWork,

  // Told by the runs themselves, which look again anyway.
  'application.reminded': null,
  'offer.reminded': null,
  'deliverable.reminded': null,
  // Digests have a way of their own.
  'chat.messageSent': null,
  'chat.messageEdited': null,
  'chat.messageDeleted': null,
  'chat.messagePinned': null,
  'chat.messageUnpinned': null,
  'chat.reacted': null,
  'chat.unreacted': null,
  'offer.commented': null,
  'milestone.statusChanged': null,
  'room.created': null,
  'room.memberAdded': null,
  'room.memberRemoved': null,
  'room.roleChanged': null,
  'room.settingsChanged': null,
  'membership.started': null,
  'membership.ended': null,
  'log.erased': null,
  'session.ended': null,
  'person.blocked': null,
  'person.unblocked': null,
  'person.settingsChanged': null,
  'profile.changed': null,
  'brand.created': null,
  'brand.changed': null,
  'brand.memberAdded': null,
  'brand.memberRemoved': null,
  'brand.roleChanged': null,
  'brand.invited': null,
  'brand.invitationRevoked': null,
  'catalogue.changed': null,
  'workflow.moved': null,
  'mail.moved': null,
}

/** Nothing else is looked at. What another version wrote, and this one does not know, concerns no run. */
export const isOfSlowWork = ({ type }: Envelope): boolean => Object.hasOwn(concerns, type) && concerns[type] !== null

/** Which runs an event concerns, and whether they begin with it. What is ordered twice, or for a thing that is over, does no harm. */
export function ordersOf(event: Envelope, subjects: Subjects): Order[] {
  const subject = subjects.get(event.roomId)
  if (!subject || !isOfSlowWork(event)) return []
  const { applicationId, campaignId, offer } = subject
  const orders = concerns[event.type] as (event: Envelope, of: Of) => Order[]
  if (applicationId !== null) return orders(event, { applicationId, campaignId, offer })
  return event.type.startsWith('campaign.') ? [campaign(subject)] : []
}
