import { z } from 'zod'
import { Command, text } from '../define.ts'
import { UserId } from '../ids.ts'
import { PlatformRole } from '../permissions.ts'

/** Compared without regard to case. */
const Email = z.email().max(254).toLowerCase()

export const CreatePerson = Command.extend({ email: Email, name: text(200), role: PlatformRole, password: z.string().min(8).max(256) })
export type CreatePerson = z.output<typeof CreatePerson>
export const FindPerson = z.object({ email: Email })
export type FindPerson = z.output<typeof FindPerson>
export const Person = z.object({ userId: UserId, email: z.string(), name: z.string(), role: PlatformRole })
export type Person = z.output<typeof Person>
