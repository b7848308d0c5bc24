import type { ApplicationMove } from '../../client-sdk/contract/applications/machine.ts'
import type { DeliverableMove } from '../../client-sdk/contract/deliverables/machine.ts'
import type { Part } from '../../client-sdk/contract/events.ts'
import type { MilestoneMove } from '../../client-sdk/contract/milestones/machine.ts'

/** What somebody did to an application, as it follows their name. */
export const applicationMove: Record<ApplicationMove, string> = {
  submit: 'applied',
  shortlist: 'put the application on the shortlist',
  firstOffer: 'began to negotiate',
  accept: 'made the agreement',
  decline: 'declined the application',
  withdraw: 'withdrew the application',
  expire: 'ended the application, as the time to decide was over',
  firstDelivery: 'began to deliver',
  allApproved: 'completed the deal, as all work is approved',
  'cancel.request': 'asked to cancel the deal',
  'cancel.revoke': 'no longer asks to cancel the deal',
  'cancel.confirm': 'cancelled the deal',
}
/** What somebody did to a piece of work. */
export const deliverableMove: Record<DeliverableMove, string> = {
  submit: 'submitted',
  requestRevision: 'asked for a revision of',
  approve: 'approved',
  dispute: 'disputed',
  cancel: 'cancelled',
}
/** Of what the platform reminded whom. */
export const applicationReminder: Record<Part<'application.reminded', 'deal'>['kind'], string> = {
  waiting: 'reminded the brand that the application waits for its decision',
  closing: 'reminded the brand that the time to decide is nearly over',
}
/** The same of a piece of work; its day follows. */
export const deliverableReminder: Record<Part<'deliverable.reminded', 'deal'>['kind'], (piece: number) => string> = {
  dueSoon: (piece) => `reminded the creator of piece ${piece} of the work, which is due on`,
  overdue: (piece) => `reminded both sides of piece ${piece} of the work, which was due on`,
  escalated: (piece) => `told the owners of the brand that piece ${piece} of the work is still missing, which was due on`,
}
/** What somebody said of a payment. */
export const milestoneMove: Record<MilestoneMove, string> = {
  invoice: 'asked for',
  pay: 'says to have sent',
  confirm: 'confirmed',
  dispute: 'says not to have received',
}
