import { z } from 'zod'
import { Command, type EventDef, text } from '../define.ts'
import { UserId } from '../ids.ts'
import { PlatformRole } from '../roles.ts'

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

/** What a person wants for themselves. `hidden`: nobody learns whether they are there, or when they last were. */
export const PersonSettings = z.object({ presence: z.enum(['shown', 'hidden']) })
export type PersonSettings = z.output<typeof PersonSettings>

/** On the person's own stream. */
export const personEvents = {
  'person.blocked': { version: 1, deal: z.object({}), personal: null },
  'person.unblocked': { version: 1, deal: z.object({}), personal: null },
  'person.settingsChanged': { version: 1, deal: PersonSettings, personal: null },
} as const satisfies Record<string, EventDef>
