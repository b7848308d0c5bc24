import { z } from 'zod'
import { type CommandDef, type EventDef, Instant } from '../define.ts'
import { CommandId, SessionId, UserId } from '../ids.ts'
import { PlatformRole } from '../roles.ts'

/** `email` is compared without regard to case. */
export const SignIn = z.object({ email: z.email().max(254).toLowerCase(), password: z.string().min(1).max(256) })
export type SignIn = z.output<typeof SignIn>
/** The same `commandId` with the same token gets the same answer: a lost answer logs nobody out. */
export const RenewSession = z.object({ refreshToken: z.string().min(20).max(200), commandId: CommandId })
export type RenewSession = z.output<typeof RenewSession>

/** To prove again who one is, within a session: what binds asks for it. */
export const StepUp = z.object({ password: z.string().min(1).max(256) })
export type StepUp = z.output<typeof StepUp>
/** When it was proved last, and how long that counts. Signing in counts, too. */
export const Proved = z.object({ provedAt: Instant, until: Instant })
/** When it was proved last who somebody is, and how long that counts. */
export type Proved = z.output<typeof Proved>

/** What signing in gives. The refresh token is good once. */
export const Session = z.object({
  sessionId: SessionId,
  userId: UserId,
  name: z.string(),
  role: PlatformRole,
  /** A JWT, good until `expiresAt`. */
  accessToken: z.string(),
  expiresAt: Instant,
  /** Opaque, good once. */
  refreshToken: z.string(),
})
/** What signing in gives. The refresh token is good once. */
export type Session = z.output<typeof Session>

export const sessionCommands = {
  /** A fresh access token for the open socket, of the same person. */
  'session.renew': { input: z.object({ token: z.string().max(4_096) }), output: z.object({ expiresAt: Instant }), allow: 'signedIn' },
} as const satisfies Record<string, CommandDef>

/** On the person's own stream. */
export const sessionEvents = {
  'session.ended': {
    version: 1,
    deal: z.object({ sessionId: SessionId, reason: z.enum(['signedOut', 'tokenReused', 'revoked']) }),
    personal: null,
  },
} as const satisfies Record<string, EventDef>
