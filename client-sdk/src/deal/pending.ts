import type { Deal } from '../../contract/deals/schema.ts'
import type { CommandId, EventId } from '../../contract/ids.ts'
import type { Output } from '../../contract/index.ts'
import type { CommandInput } from '../socket.ts'

/** A version by its number, or, while it is itself on its way, by the command that proposes it. */
export type Target = number | CommandId
type Plain<
  N extends 'offer.propose' | 'offer.accept' | 'deliverable.submit' | 'deliverable.review' | 'milestone.move' | 'application.move',
> = Omit<CommandInput<N>, 'commandId' | 'applicationId'>
type OnOffer<N extends 'offer.counter' | 'offer.decline' | 'offer.withdraw' | 'offer.comment'> = Omit<
  CommandInput<N>,
  'commandId' | 'applicationId' | 'offer'
> & { readonly offer: Target }
/** What can be ordered, and what each needs besides its deal and its command id. */
export type DealOrders = {
  'offer.propose': Plain<'offer.propose'>
  'offer.counter': OnOffer<'offer.counter'>
  'offer.accept': Plain<'offer.accept'>
  'offer.decline': OnOffer<'offer.decline'>
  'offer.withdraw': OnOffer<'offer.withdraw'>
  'offer.comment': OnOffer<'offer.comment'>
  'deliverable.submit': Plain<'deliverable.submit'>
  'deliverable.review': Plain<'deliverable.review'>
  'milestone.move': Plain<'milestone.move'>
  'application.move': Plain<'application.move'>
}
export type DealOrderName = keyof DealOrders
/** `ready`: what must be so before it is sent; it rejects where it is not. */
export type NewOrder<N extends DealOrderName = DealOrderName> = {
  [K in N]: { readonly name: K; readonly input: DealOrders[K]; readonly ready?: () => Promise<void> }
}[N]
/**
 * An order that is not known to be done. `eventId`: of the event that it will be. `told`: the seq of that event, once the room has told it. `place`: what it
 * was answered with.
 */
export type Pending<N extends DealOrderName = DealOrderName> = NewOrder<N> & {
  readonly commandId: CommandId
  readonly at: string
  readonly eventId: EventId
  readonly told: number | null
  readonly place: Output<N> | null
}

/** The deal has it. A move of an application is known by the version that it led to. */
export function isIn({ asOf, version }: Deal, { told, place }: Pending): boolean {
  if (told !== null) return told <= asOf
  return place !== null && ('seq' in place ? place.seq <= asOf : place.version <= version)
}
