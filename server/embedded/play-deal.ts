import {
  type ApplicationPlace,
  type CommandId,
  type DealPlace,
  type OfferPlace,
  type Terms,
  TermsHash,
} from '../../client-sdk/contract/index.ts'
import { moveApplication } from '../applications/move-application.ts'
import { sendMessage } from '../chat/send-message.ts'
import { type Ctx, context, type House, systemContext } from '../ctx.ts'
import { reviewDeliverable, submitDeliverable } from '../deliverables/move-deliverable.ts'
import { moveMilestone } from '../milestones/move-milestone.ts'
import { acceptOffer } from '../offers/accept-offer.ts'
import { commentOffer } from '../offers/comment-offer.ts'
import { counterOffer, proposeOffer } from '../offers/propose-offer.ts'
import { openSession } from '../sessions/open-session.ts'
import { signOut } from '../sessions/sign-out.ts'
import type { DealStep, DemoTerms } from './demo/deals.ts'
import { people, type Who } from './demo/people.ts'

const DAY = 86_400_000

/** `step`: the next command's id. `begun`: when the demo began, which its dates are counted from. */
export type Stage = { house: House; as(who: Who): Ctx; step(): { commandId: CommandId }; begun: Date }
/** What the commands so far have answered: all that the next may rest on, so that a repeat of them all says the same. */
type Script = { last: Pick<OfferPlace, 'offer' | 'hash'>; binding: number | null; version: number; submitted: Map<number, number> }

/** Has the two do these steps, one after the other. What came with the application is version 1 of the terms. */
export async function playDeal(
  stage: Stage,
  application: Pick<ApplicationPlace, 'applicationId' | 'roomId' | 'version'>,
  steps: readonly DealStep[],
): Promise<void> {
  const first = { offer: 1, hash: TermsHash.parse('0'.repeat(64)) }
  const script: Script = { last: first, binding: null, version: application.version, submitted: new Map() }
  for (const step of steps) {
    const place = await play(stage, application, script, step)
    if (!place) continue
    script.version = place.version
    if ('offer' in place) script.last = place
    if (step.do === 'accept') script.binding = script.last.offer
    if (step.do === 'submit') script.submitted.set(step.piece, place.seq)
  }
}

type Which = Pick<ApplicationPlace, 'applicationId' | 'roomId'>
async function play(
  stage: Stage,
  { applicationId, roomId }: Which,
  script: Script,
  said: DealStep,
): Promise<DealPlace | OfferPlace | null> {
  const ctx = stage.as(said.by)
  const command = { ...stage.step(), applicationId }
  const { offer, hash } = script.last
  switch (said.do) {
    case 'say':
      await sendMessage(ctx, { commandId: command.commandId, roomId, text: said.text })
      return null
    case 'propose':
    case 'amend':
      return proposeOffer(ctx, { ...command, ...proposal(stage, command, said), basedOn: said.do === 'amend' ? script.binding : null })
    case 'counter':
      return counterOffer(ctx, { ...command, offer, ...proposal(stage, command, said) })
    case 'comment': {
      const about = { term: said.on, item: said.item ?? null, text: said.text }
      return commentOffer(ctx, { ...command, offer, ...about })
    }
    case 'accept':
      return signedIn(stage, said.by, (proved) => acceptOffer(proved, { ...command, offer, hash }))
    case 'submit':
      return submitDeliverable(ctx, { ...command, deliverable: said.piece, links: [said.link], note: said.note })
    case 'approve':
    case 'requestRevision':
    case 'dispute': {
      const submitted = script.submitted.get(said.piece)!
      return reviewDeliverable(ctx, { ...command, deliverable: said.piece, submitted, move: said.do, note: said.note })
    }
    case 'invoice':
    case 'pay':
    case 'confirm':
      return moveMilestone(ctx, { ...command, milestone: said.payment, move: said.do, note: said.note })
    case 'askToCancel': {
      await moveApplication(ctx, { ...command, version: script.version, move: 'cancel.request', reason: said.reason })
      return null
    }
  }
}

type Proposing = DealStep & { terms: DemoTerms; validFor?: number }
/** The nonce is the command's id, so that a repeat has the same; nobody has to keep the demo's terms from anybody. */
function proposal({ begun }: Stage, { commandId }: { commandId: CommandId }, { terms, validFor }: Proposing) {
  const after = (days: number) => new Date(begun.getTime() + days * DAY).toISOString()
  const deliverables = terms.deliverables.map(({ dueIn, ...piece }) => ({
    ...piece,
    due: dueIn === null ? null : after(dueIn).slice(0, 10),
  }))
  const whole: Terms = { ...terms, deliverables, nonce: commandId.replaceAll('-', '') }
  return { terms: whole, validUntil: validFor === undefined ? null : after(validFor) }
}

/** In a session as signing in opens it, which proves who somebody is, and which ends then. */
async function signedIn<T>({ house, as }: Stage, who: Who, act: (ctx: Ctx) => Promise<T>): Promise<T> {
  const { userId } = as(who).session!
  const { sessionId } = await openSession(systemContext(house), userId)
  const endsAt = new Date(house.now().getTime() + 60_000)
  const ctx = context(house, { userId, sessionId, role: people[who].role, endsAt })
  const answer = await act(ctx)
  await signOut(ctx)
  return answer
}
