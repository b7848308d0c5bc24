import { type ApplicationId, type CampaignId, type Envelope, isFinal, type RoomId } from '../client-sdk/contract/index.ts'

/** What a room is of: an application, and its campaign; or a campaign. Absent for every other room. */
export type Subjects = ReadonlyMap<RoomId, { applicationId: ApplicationId | null; campaignId: CampaignId }>
/** Something has become of a thing: its run is to look at it. `begins`: there is to be one, if there was none yet. */
export type Order =
  | { kind: 'application' | 'deliverables'; entity: ApplicationId; begins: boolean }
  | { kind: 'campaign'; entity: CampaignId; begins: boolean }
  | { kind: 'offer'; entity: ApplicationId; offer: number; begins: boolean }

/** Events of these types concern slow work; nothing else is looked at. */
export const isOfSlowWork = ({ type }: Envelope): boolean =>
  /^(application|offer|deliverable|campaign)\./.test(type) && !/reminded$/.test(type)

/** Which runs an event concerns, and whether they begin with it. What is ordered twice, or for a thing that is over, does no harm. */
export function ordersOf(event: Envelope, subjects: Subjects): Order[] {
  const subject = subjects.get(event.roomId)
  if (!subject) return []
  const { applicationId, campaignId } = subject
  if (applicationId === null) return [{ kind: 'campaign', entity: campaignId, begins: true }]
  const application = (begins: boolean): Order => ({ kind: 'application', entity: applicationId, begins })
  const work: Order = { kind: 'deliverables', entity: applicationId, begins: true }
  const offer = (number: number, begins: boolean): Order[] =>
    number > 0 ? [{ kind: 'offer', entity: applicationId, offer: number, begins }] : []
  switch (event.type) {
    case 'application.submitted':
      return [application(true)]
    case 'application.statusChanged':
      return [
        application(true),
        ...(event.data.deal.to === 'agreed' || event.data.deal.from.match(/^(agreed|delivering)/) ? [work] : []),
        ...(isFinal(event.data.deal.to) ? [{ kind: 'campaign', entity: campaignId, begins: true } as const] : []),
      ]
    case 'offer.proposed':
      return [...offer(event.data.deal.offer - 1, false), ...offer(event.data.deal.offer, true)]
    case 'offer.accepted': // an amendment may have changed the work
      return [...offer(event.data.deal.offer, false), work]
    case 'offer.declined':
    case 'offer.withdrawn':
    case 'offer.expired':
      return offer(event.data.deal.offer, false)
    case 'deliverable.statusChanged':
      return [work]
    default:
      return []
  }
}
