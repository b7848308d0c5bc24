import { type ApplicationMove, applicationStates, nextApplication } from '../../client-sdk/contract/applications/machine.ts'
import { campaignMoves, campaignStates, nextCampaign } from '../../client-sdk/contract/campaigns/machine.ts'
import { deliverableMoves, deliverableStates, nextDeliverable } from '../../client-sdk/contract/deliverables/machine.ts'
import { milestoneMoves, milestoneStates, nextMilestone } from '../../client-sdk/contract/milestones/machine.ts'

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
const actors = ['owner', 'manager', 'viewer', 'creator', 'system', 'admin'] as const
const ofApplications = (moves: readonly ApplicationMove[]) => table({ states: applicationStates, moves, actors, next: nextApplication })
const ofDeliverables = table({ states: deliverableStates, moves: deliverableMoves, actors, next: nextDeliverable })
const ofMilestones = table({ states: milestoneStates, moves: milestoneMoves, actors, next: nextMilestone })

/** Bodies as they might be, where not all that may be given goes together. */
export const samples: Partial<Record<string, unknown>> = {
  'campaign.move': { move: 'publish' },
  'deal.resolve': { what: 'deliverable', number: 1, move: 'approve', reason: 'It is what was agreed on' },
}

/** More of an operation than its one line, in Markdown. */
export const notes: Partial<Record<string, string>> = {
  'campaign.create': `\`opensAt\` has to lie ahead (\`deadline.passed\`) and before \`applyBy\`: see \`campaign.update\`.`,
  'campaign.update': `A draft can be given a moment to open, \`opensAt\`, which lies ahead (\`deadline.passed\`) and before \`applyBy\`; anything else cannot (\`campaign.illegalMove\`). Then the draft is published by itself, as if by hand. Where something is missing by then, it stays a draft without that moment, \`campaign.notOpened\` says in its room what that is, and those who run it get a mail. Whatever moves a draft takes its \`opensAt\` away.

What is published stays whole (\`campaign.incomplete\`), and keeps the promised \`decideBy\` or gets a later one.`,
  'campaign.move': `To \`publish\`, \`resume\` or \`reopen\` takes a \`brief\`, at least one of \`platforms\`, and \`applyBy\` and \`decideBy\`, in this order and \`applyBy\` ahead; what is missing is named by \`campaign.incomplete\`. To \`cancel\` takes a \`reason\`, and to \`reopen\` a later \`applyBy\`. \`system\` is the platform by itself: it publishes a draft at its \`opensAt\`, closes at \`applyBy\`, and completes what is closed once all applications are over.

${ofCampaigns}`,
  'application.move': `\`system\` is the platform by itself: what is not decided by the campaign’s \`decideBy\` expires, and what is open when its campaign is cancelled is declined. After \`decideBy\` nothing that is open is moved.

What is agreed goes on, whatever becomes of its campaign. Either side may ask to cancel it; in \`agreed+brand\` the brand has asked. It is cancelled once the other side consents, or an administrator decides so (\`deal.resolve\`); work that is all approved before that completes it.

${ofApplications(['shortlist', 'decline', 'withdraw', 'expire', 'cancel.request', 'cancel.revoke', 'cancel.confirm'])}`,
  'application.moveMany': `Each by itself: one that is refused holds up no other, and is among \`refused\` with its code.

${ofApplications(['shortlist', 'decline'])}`,
  'deliverable.submit': `The first submission moves the application to \`delivering\`. The table at \`deliverable.review\` has what is possible from where.`,
  'deliverable.review': `\`submitted\` is the \`seq\` of the submission that was looked at; another one since, and the review is refused as \`resource.stale\`. Each piece has as many revisions as the terms say; when they are used up, it is approved or disputed, and not before. An administrator decides a dispute (\`deal.resolve\`). \`system\` is an amendment that no longer has the piece. When all that is not cancelled is approved, the application is \`completed\`.

${ofDeliverables}`,
  'milestone.move': `Parley moves no money: this is what the two say of it. A payment can be asked for (\`invoice\`) once what it is \`due\` on has come about: the agreement, that all work was handed in, or that all was approved. Payments go on when the work is done and when the deal was cancelled; an amendment changes none that was asked for.

${ofMilestones}`,
  'deal.resolve': `Decides what waits for an administrator, as \`dispute.list\` has it: a disputed piece of work is to \`approve\` or to \`cancel\`, a disputed payment to \`confirm\`, and a deal that one side has asked to cancel is to \`cancel\`; \`number\` says which piece or payment. The \`reason\` is told in the deal’s room.`,
  'workflow.list': `Temporal shows what has just changed a moment later, and forgets what has been over for longer than its namespace keeps it. A run that was mended is another one: the one that failed stays in the list.`,
  'workflow.move': `What there is to do depends on the run:

| Move | Run | What becomes of it |
| --- | --- | --- |
| \`retry\` | \`running\`, an activity fails | the activity is tried at once, and has all of its tries again |
| \`retry\` | \`failed\`, \`timedOut\`, \`cancelled\`, \`terminated\`, the latest of its id | another run begins, of the same id, with what this one was given |
| \`reset\` | \`running\`, an activity fails | it is \`terminated\`, and another run of its id goes on from before that activity |
| \`reset\` | \`failed\`, \`timedOut\`, \`cancelled\`, \`terminated\`, the latest of its id, an activity failed | another run of its id goes on from before the last activity that failed |
| \`cancel\` | \`running\` | it ends, \`cancelled\`; one whose own step fails again and again is \`terminated\` |

Everything else is refused as \`workflow.illegalMove\`, and is not in the audit stream. No move skips a rule: an activity does what the database says is still to be done, so what was done already is not done again. Where the answer is \`server.unavailable\`, send the same with the same \`Idempotency-Key\`. \`runId\` of the answer is the run that goes on now.`,
}
