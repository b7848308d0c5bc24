import type { DealPlace } from '../../contract/deals/place.ts'
import type { MilestoneMove } from '../../contract/milestones/machine.ts'
import type { DealClient } from './deal-client.ts'
import { noted } from './deliverables.ts'
import type { ShownMilestone } from './view.ts'

/** A payment as it is shown, or its number. */
export type MilestoneRef = Pick<ShownMilestone, 'milestone'> | number

/** The parts of the fee, and what the two say of them: Parley moves no money. What is said shows at once, as pending. */
export interface Milestones {
  readonly all: readonly ShownMilestone[]
  /** For the creator: please pay. Rejects with `milestone.notYet` before it is due. */
  invoice(milestone: MilestoneRef, note?: string): Promise<DealPlace>
  /** For the brand: it was sent. */
  pay(milestone: MilestoneRef, note?: string): Promise<DealPlace>
  /** For the creator: it has arrived. */
  confirm(milestone: MilestoneRef, note?: string): Promise<DealPlace>
  /** For the creator: it has not. */
  dispute(milestone: MilestoneRef, note?: string): Promise<DealPlace>
}

const noneYet: readonly never[] = []

export function milestonesOn(deal: DealClient): Milestones {
  const say = (move: MilestoneMove) => (ref: MilestoneRef, note?: string) =>
    deal.order(() => ({
      name: 'milestone.move',
      input: { milestone: typeof ref === 'number' ? ref : ref.milestone, move, ...noted(note) },
    }))
  return {
    get all() {
      return deal.state.deal?.milestones ?? noneYet
    },
    invoice: say('invoice'),
    pay: say('pay'),
    confirm: say('confirm'),
    dispute: say('dispute'),
  }
}
