import { z } from 'zod'
import { Command, type EventDef, text } from '../define.ts'
import { UserId } from '../ids.ts'
import { PlatformRole } from '../roles.ts'
import { Language, TimeZone } from '../units.ts'

/** Compared without regard to case. */
const Email = z.email().max(254).toLowerCase()

export const CreatePerson = Command.extend({ email: Email, name: text(200), role: PlatformRole, password: z.string().min(8).max(256) })
export type CreatePerson = z.output<typeof CreatePerson>
export const BlockPerson = Command.extend({ userId: UserId })
export type BlockPerson = z.output<typeof BlockPerson>
export const FindPerson = z.object({ email: Email })
export type FindPerson = z.output<typeof FindPerson>
export const Person = z.object({ userId: UserId, email: z.string(), name: z.string(), role: PlatformRole })
export type Person = z.output<typeof Person>

/** The kinds of mail that somebody can do without. `digest`: that something is unread while they are away. `summaries`: a brand's week. */
export const mailKinds = ['digest', 'applications', 'offers', 'deliverables', 'summaries'] as const
export const MailKind = z.enum(mailKinds)
export type MailKind = z.output<typeof MailKind>
/** Of what somebody is told while they are away. `mentions` and `messages` are kept for apps; the others are kinds of mail. */
export const Notifications = z.object({
  mentions: z.boolean(),
  messages: z.boolean(),
  applications: z.boolean(),
  offers: z.boolean(),
  deliverables: z.boolean(),
  digest: z.boolean(),
  summaries: z.boolean(),
})
export type Notifications = z.output<typeof Notifications>
/** Unless somebody says otherwise. */
export const usualNotifications: Notifications = {
  mentions: true,
  messages: true,
  applications: true,
  offers: true,
  deliverables: true,
  digest: true,
  summaries: true,
}

/**
 * What a person wants for themselves. `presence` `hidden`: nobody learns whether they are there, or when they last were.
 * `profile`: which brands see a creator's: all, or those that they applied to.
 */
export const PersonSettings = z.object({
  presence: z.enum(['shown', 'hidden']),
  language: Language,
  timeZone: TimeZone,
  notifications: Notifications.describe(
    'Of what they are told while they are away: `mentions` and `messages` are kept for apps, the others are kinds of mail',
  ),
  profile: z.enum(['brands', 'applied']),
})
export type PersonSettings = z.output<typeof PersonSettings>
/** What is left out stays. */
export const ChangeSettings = PersonSettings.extend({ notifications: Notifications.partial() }).partial()
export type ChangeSettings = z.output<typeof ChangeSettings>

/** On the person's own stream. */
export const personEvents = {
  'person.blocked': { version: 1, deal: z.object({}), personal: null },
  'person.unblocked': { version: 1, deal: z.object({}), personal: null },
  'person.settingsChanged': { version: 1, deal: PersonSettings.pick({ presence: true }), personal: null },
} as const satisfies Record<string, EventDef>
