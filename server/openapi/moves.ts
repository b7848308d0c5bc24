import { type ApplicationMove, applicationStates, nextApplication } from '../../client-sdk/contract/applications/machine.ts'
import { campaignMoves, campaignStates, nextCampaign } from '../../client-sdk/contract/campaigns/machine.ts'

type Machine<S extends string, M extends string, A extends string> = {
  states: readonly S[]
  moves: readonly M[]
  actors: readonly A[]
  next(from: S, move: M, by: A): S | null
}

/** From, move, who and to, as a table in Markdown. */
function table<S extends string, M extends string, A extends string>({ states, moves, actors, next }: Machine<S, M, A>): string {
  const rows = states.flatMap((from) =>
    moves.flatMap((move) => {
      const by = Map.groupBy(actors, (actor) => next(from, move, actor))
      by.delete(null)
      return Array.from(by, ([to, who]) => `| \`${from}\` | \`${move}\` | ${who.join(', ')} | \`${to}\` |`)
    }),
  )
  return ['| From | Move | Who | To |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

const ofCampaigns = table({
  states: campaignStates,
  moves: campaignMoves,
  actors: ['owner', 'manager', 'viewer', 'system'],
  next: nextCampaign,
})
const ofApplications = (moves: readonly ApplicationMove[]) =>
  table({
    states: applicationStates,
    moves,
    actors: ['owner', 'manager', 'viewer', 'creator', 'system', 'admin'],
    next: nextApplication,
  })

/** Bodies as they might be, where not all that may be given goes together. */
export const samples: Partial<Record<string, unknown>> = { 'campaign.move': { move: 'publish' } }

/** More of an operation than its one line, in Markdown. */
export const notes: Partial<Record<string, string>> = {
  'campaign.move': `To \`publish\`, \`resume\` or \`reopen\` takes a \`brief\`, at least one of \`platforms\`, and \`applyBy\` and \`decideBy\`, in this order and \`applyBy\` ahead; what is missing is named by \`campaign.incomplete\`. To \`cancel\` takes a \`reason\`, and to \`reopen\` a later \`applyBy\`. \`system\` is the platform by itself: it closes at \`applyBy\`, and completes what is closed once all applications are over.

${ofCampaigns}`,
  'application.move': `\`system\` is the platform by itself: what is not decided by the campaign’s \`decideBy\` expires, and what is open when its campaign is cancelled is declined. After \`decideBy\` nothing is moved.

${ofApplications(['shortlist', 'decline', 'withdraw', 'expire'])}`,
  'application.moveMany': `Each by itself: one that is refused holds up no other, and is among \`refused\` with its code.

${ofApplications(['shortlist', 'decline'])}`,
}
