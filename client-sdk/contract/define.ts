import { z } from 'zod'
import { CommandId } from './ids.ts'
import type { Rule } from './permissions.ts'
import { isText } from './text.ts'

/** What every command that writes carries: sent again with the same id, it has one effect and the same answer. */
export const Command = z.object({ commandId: CommandId })
export type CommandDef = { input: z.ZodType; output: z.ZodType; allow: Rule }
/**
 * `deal` is the contract's basis and is kept; `personal` can be erased. A field never moves from one to the other. A nullable
 * part is one that some events of the type do not have.
 */
export type EventDef = { version: number; deal: z.ZodObject | z.ZodNullable<z.ZodObject> | null; personal: z.ZodObject | null }

/** `max` in UTF-16 units, as a string's `length` has it; zod and JSON Schema count code points. */
export const text = (max: number) =>
  z
    .string()
    .max(max)
    .superRefine((s, { addIssue }) => {
      if (s.length > max)
        addIssue({ code: 'too_big', origin: 'string', maximum: max, input: s, message: `is longer than ${max} UTF-16 units` })
    })
    .refine(isText, 'is blank or has a character that is no text')

/** A moment, ISO 8601 in UTC to the millisecond. */
export const Instant = z.iso.datetime({ precision: 3 })
/**
 * A moment that somebody asks for, in any zone, as the same in UTC. Of the years 1–9999: `Instant` has no others, and neither does
 * PostgreSQL as we write them.
 */
export const Moment = z.iso
  .datetime({ offset: true, abort: true })
  .refine((at) => isWritable(new Date(at).getUTCFullYear()), { error: 'is not of the years 1–9999', abort: true })
  .overwrite((at) => new Date(at).toISOString())
const isWritable = (year: number) => year >= 1 && year <= 9999
/** An event's place in its stream: 1, 2, 3 … */
export const Seq = z.int().positive()
