import fc from 'fast-check'
import { applicationStates } from '../../client-sdk/contract/applications/machine.ts'
import type { ApplicationState, CampaignMove, CampaignState, ErrorCode } from '../../client-sdk/contract/index.ts'
import { isEditable, isOpen, nextApplication, nextCampaign } from '../../client-sdk/contract/index.ts'

/** Two of the brand's team and two creators, who see nothing of each other. */
export const actors = ['owner', 'manager', 'ann', 'bob'] as const
export type Actor = (typeof actors)[number]
export type CreatorName = 'ann' | 'bob'
export const creators = ['ann', 'bob'] as const satisfies CreatorName[]
type Versioned<S> = { state: S; version: number }
/** What there is: one campaign, and an application of each creator at most. */
export type Model = { campaign: Versioned<CampaignState>; published: boolean } & Record<CreatorName, Versioned<ApplicationState> | null>
export const beginning: Model = { campaign: { state: 'draft', version: 1 }, published: false, ann: null, bob: null }

/** `stale`: made for the version before the one that is known. */
export type Act =
  | { do: 'campaign.move'; move: Exclude<CampaignMove, 'complete'>; stale: boolean }
  | { do: 'campaign.update'; stale: boolean }
  | { do: 'application.submit' }
  | { do: 'application.move'; whose: CreatorName; move: 'shortlist' | 'decline' | 'withdraw'; stale: boolean }
  | { do: 'application.openNotes'; whose: CreatorName }
/** What each does at the same time as the others. */
export type Round = Partial<Record<Actor, Act>>

const stale = fc.integer({ min: 0, max: 9 }).map((n) => n === 0)
const whose = fc.constantFrom(...creators)
const move = fc.constantFrom(
  'publish',
  'publish',
  'pause',
  'resume',
  'close',
  'reopen',
  'reopen',
  'cancel',
) satisfies fc.Arbitrary<CampaignMove>
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('campaign.move' as const), move, stale }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('campaign.update' as const), stale }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('application.submit' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('application.move' as const),
      whose,
      move: fc.constantFrom('shortlist', 'decline', 'withdraw') satisfies fc.Arbitrary<'shortlist' | 'decline' | 'withdraw'>,
      stale,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('application.openNotes' as const), whose }) },
)
const round: fc.Arbitrary<Round> = fc.record({ owner: act, manager: act, ann: act, bob: act }, { requiredKeys: [] })
/** The first publishes, or most stories would go on about a draft. */
export const story: fc.Arbitrary<Round[]> = fc
  .array(round, { minLength: 1, maxLength: 12 })
  .map((rounds) => [{ owner: { do: 'campaign.move', move: 'publish', stale: false } }, ...rounds])

/** What may be answered: `ok`, or one of these codes. */
export type Outcome = 'ok' | ErrorCode
type Step = { outcomes: Outcome[]; model: Model }
/** `known`: the model as it was when the order was made, which its version is of. */
export function play(model: Model, by: Actor, act: Act, known: Model): Step {
  const refused = (...outcomes: Outcome[]): Step => ({ outcomes, model })
  const isCreator = by === 'ann' || by === 'bob'
  switch (act.do) {
    case 'campaign.move':
    case 'campaign.update': {
      if (isCreator) return refused(model.published ? 'access.denied' : 'resource.notFound')
      const { state, version } = model.campaign
      if (versionOf(known.campaign, act) !== version) return refused('resource.stale')
      if (act.do === 'campaign.update') {
        if (!isEditable(state)) return refused('campaign.illegalMove')
        return { outcomes: ['ok'], model: { ...model, campaign: { state, version: version + 1 } } }
      }
      const to = nextCampaign(state, act.move, by)
      if (!to) return refused(nextCampaign(state, act.move, 'owner') ? 'access.denied' : 'campaign.illegalMove')
      return {
        outcomes: ['ok'],
        model: { ...model, published: model.published || to === 'open', campaign: { state: to, version: version + 1 } },
      }
    }
    case 'application.submit': {
      if (!isCreator) return refused('access.denied')
      if (!model.published) return refused('resource.notFound')
      if (model[by]) return refused('application.exists', ...(model.campaign.state === 'open' ? [] : (['campaign.notOpen'] as const)))
      if (model.campaign.state !== 'open') return refused('campaign.notOpen')
      return { outcomes: ['ok'], model: { ...model, [by]: { state: 'submitted', version: 1 } } }
    }
    case 'application.move': {
      const application = model[act.whose]
      if (!application || (isCreator && by !== act.whose)) return refused('resource.notFound')
      const side = isCreator ? 'creator' : by
      if (applicationStates.every((from) => !nextApplication(from, act.move, side))) return refused('access.denied')
      if (versionOf(known[act.whose] ?? { version: 1 }, act) !== application.version) return refused('resource.stale')
      const to = nextApplication(application.state, act.move, side)
      if (!to || (model.campaign.state === 'cancelled' && isOpen(application.state))) return refused('application.illegalMove')
      return { outcomes: ['ok'], model: { ...model, [act.whose]: { state: to, version: application.version + 1 } } }
    }
    case 'application.openNotes':
      if (!model[act.whose] || (isCreator && by !== act.whose)) return refused('resource.notFound')
      return isCreator ? refused('access.denied') : { outcomes: ['ok'], model }
  }
}

/** What an order says that it is made for. */
export const versionOf = ({ version }: { version: number }, { stale }: { stale: boolean }): number =>
  stale ? Math.max(1, version - 1) : version

/** Every order in which these could have happened one after the other. */
export function* orders<T>(items: readonly T[]): Generator<T[]> {
  if (items.length === 0) yield []
  for (const [i, item] of items.entries()) for (const rest of orders(items.toSpliced(i, 1))) yield [item, ...rest]
}
