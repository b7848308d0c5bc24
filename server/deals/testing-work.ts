import type {
  ApplicationPlace,
  ApplicationState,
  DealPlace,
  MilestoneMove,
  MoveApplication,
  ResolveDispute,
  ReviewDeliverable,
} from '../../client-sdk/contract/index.ts'
import { moveApplication } from '../applications/move-application.ts'
import { reviewDeliverable, submitDeliverable } from '../deliverables/move-deliverable.ts'
import { moveMilestone } from '../milestones/move-milestone.ts'
import { commandId, type TestPerson, type World } from '../testing.ts'
import { resolveDispute } from './resolve-dispute.ts'
import type { Parties } from './testing.ts'

/** Where a piece of work is to be seen. */
export const links = ['https://example.com/reel']
type Which = Pick<ApplicationPlace, 'applicationId'>
const about = ({ applicationId }: Which) => ({ commandId: commandId(), applicationId })

export const submit = (w: World, its: Parties, deliverable: number): Promise<DealPlace> =>
  submitDeliverable(w.as(its.creator), { ...about(its), deliverable, links })

/** What the brand's manager says of a submission. */
export const review = (
  w: World,
  its: Parties,
  deliverable: number,
  { seq: submitted }: Pick<DealPlace, 'seq'>,
  move: ReviewDeliverable['move'],
): Promise<DealPlace> => reviewDeliverable(w.as(its.campaign.manager), { ...about(its), deliverable, submitted, move })

/** Hands in a piece of work, and says that of it. */
export const handIn = async (
  w: World,
  its: Parties,
  deliverable: number,
  move: ReviewDeliverable['move'] = 'approve',
): Promise<DealPlace> => review(w, its, deliverable, await submit(w, its, deliverable), move)

/** Says so of a payment, for the side that can. */
export const pay = (w: World, its: Parties, milestone: number, move: MilestoneMove): Promise<DealPlace> =>
  moveMilestone(w.as(move === 'pay' ? its.campaign.manager : its.creator), { ...about(its), milestone, move })

export const cancel = async (
  w: World,
  who: TestPerson,
  its: Which,
  move: Extract<MoveApplication['move'], `cancel.${string}`>,
  said: Partial<MoveApplication> = {},
): Promise<ApplicationPlace> => moveApplication(w.as(who), { ...about(its), version: (await rowOf(w, its)).version, move, ...said })

type Decision = Pick<ResolveDispute, 'what' | 'move'> & { number?: number }
export const resolve = (w: World, admin: TestPerson, its: Which, { number, ...decision }: Decision): Promise<DealPlace> =>
  resolveDispute(w.as(admin), { ...about(its), number: number ?? null, reason: 'We have looked at it', ...decision })

type Row = { state: ApplicationState; version: number; disputed_at: string | null; expires_at: string | null }
/** The application's row. */
export async function rowOf(w: World, { applicationId }: Which): Promise<Row> {
  const { rows } = await w.db.pool.query<Row>('select state, version, disputed_at, expires_at from application where id = $1', [
    applicationId,
  ])
  return rows[0]!
}
