import { z } from 'zod'
import { Command, type EventDef, Instant, text } from '../define.ts'
import { MailId, UserId } from '../ids.ts'
import { MailKind } from '../people/schema.ts'

/** A mail that nobody would take. Its words are not shown: they may let somebody in. `kind`: null for what nobody can do without, such as invitations. */
export const DeadLetter = z.object({
  mailId: MailId,
  to: z.string(),
  kind: MailKind.nullable(),
  subject: z.string(),
  createdAt: Instant,
  diedAt: Instant,
  tries: z.int().nonnegative(),
  failure: z.string(),
})
export type DeadLetter = z.output<typeof DeadLetter>
/** `retry`: it is sent again. `drop`: it is let go. */
export const DeadLetterMove = z.enum(['retry', 'drop'])
export const MoveDeadLetter = Command.extend({ mailId: MailId, move: DeadLetterMove, reason: text(1_000) })
export type MoveDeadLetter = z.output<typeof MoveDeadLetter>

/** On the platform's stream: what administrators do to mail. */
export const mailEvents = {
  'mail.moved': {
    version: 1,
    deal: z.object({ mailId: MailId, move: DeadLetterMove }),
    personal: z.object({ by: UserId, reason: z.string() }),
  },
} as const satisfies Record<string, EventDef>
