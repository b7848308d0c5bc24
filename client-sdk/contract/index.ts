import type { z } from 'zod'
import { applicationCommands } from './applications/schema.ts'
import { brandCommands } from './brands/schema.ts'
import { campaignCommands } from './campaigns/schema.ts'
import { catalogueCommands } from './catalogue/schema.ts'
import { chatCommands } from './chat/schema.ts'
import { dealCommands } from './deals/schema.ts'
import { deliverableCommands } from './deliverables/schema.ts'
import type { WireError } from './errors.ts'
import type { Envelope } from './events.ts'
import { milestoneCommands } from './milestones/schema.ts'
import { offerCommands } from './offers/schema.ts'
import { presenceCommands } from './presence/schema.ts'
import { profileCommands } from './profiles/schema.ts'
import { roomCommands } from './rooms/schema.ts'
import { sessionCommands } from './sessions/schema.ts'
import type { Whisper, WhisperName } from './whispers.ts'

export {
  type ApplicationActor,
  finalStates,
  isFinal,
  isOpen,
  nextApplication,
  nextApplicationMoves,
  openStates,
} from './applications/machine.ts'
export * from './applications/schema.ts'
export * from './audit/schema.ts'
export * from './brands/schema.ts'
export { type CampaignActor, isEditable, nextCampaign, nextCampaignMoves } from './campaigns/machine.ts'
export * from './campaigns/schema.ts'
export * from './catalogue/schema.ts'
export * from './chat/markup.ts'
export * from './chat/schema.ts'
export * from './checkpoint.ts'
export * from './deals/place.ts'
export { reduceDeal } from './deals/reduce.ts'
export * from './deals/rules.ts'
export * from './deals/schema.ts'
export * from './define.ts'
export { type DeliverableMove, deliverableMoves, nextDeliverable } from './deliverables/machine.ts'
export * from './deliverables/schema.ts'
export * from './errors.ts'
export * from './events.ts'
export * from './ids.ts'
export * from './listing.ts'
export * from './log/schema.ts'
export * from './mail/schema.ts'
export { type MilestoneMove, milestoneMoves, nextMilestone } from './milestones/machine.ts'
export * from './milestones/schema.ts'
export * from './names.ts'
export * from './offers/bad-terms.ts'
export * from './offers/bytes.ts'
export { diffTerms } from './offers/diff.ts'
export { nextOffer, type OfferActor, type OfferMove } from './offers/machine.ts'
export * from './offers/schema.ts'
export * from './people/schema.ts'
export * from './permissions.ts'
export * from './presence/schema.ts'
export * from './profiles/schema.ts'
export * from './reduce.ts'
export * from './roles.ts'
export * from './rooms/schema.ts'
export * from './search/schema.ts'
export * from './sessions/schema.ts'
export * from './sides.ts'
export * from './units.ts'
export * from './version.ts'
export * from './weeks/schema.ts'
export * from './whispers.ts'
export * from './workflows/schema.ts'

/** Every order a socket takes, defined once, each with its permission rule. */
export const commands = {
  ...sessionCommands,
  ...roomCommands,
  ...chatCommands,
  ...presenceCommands,
  ...profileCommands,
  ...brandCommands,
  ...campaignCommands,
  ...applicationCommands,
  ...offerCommands,
  ...deliverableCommands,
  ...milestoneCommands,
  ...dealCommands,
  ...catalogueCommands,
}
export type CommandName = keyof typeof commands
export type Input<C extends CommandName> = z.output<(typeof commands)[C]['input']>
export type Output<C extends CommandName> = z.output<(typeof commands)[C]['output']>

export type Reply<T> = { ok: true; data: T } | { ok: false; error: WireError }
export type ClientToServer = {
  [C in CommandName]: (input: z.input<(typeof commands)[C]['input']>, reply: (r: Reply<Output<C>>) => void) => void
}
/**
 * `room.event` carries every durable fact, in order of `seq`. `session.ending` is the last thing a socket hears
 * before the hub closes it, with the reason.
 */
export type ServerToClient = {
  'room.event': (events: Envelope[]) => void
  'room.closed': (closed: { roomId: Envelope['roomId'] }) => void
  'session.ending': (error: WireError) => void
} & { [W in WhisperName]: (whisper: Whisper<W>) => void }
/** What the client says at the handshake. */
export type Handshake = { token: string; sdk: string; protocol: number }
