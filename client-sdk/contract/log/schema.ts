import { z } from 'zod'
import { Command, type EventDef, Seq } from '../define.ts'
import { RoomId } from '../ids.ts'

/** Closed, because it is kept for ever: a free text could itself need erasing. */
export const ErasureReason = z.enum(['personRequest', 'moderation', 'retention', 'legalOrder'])
export type ErasureReason = z.output<typeof ErasureReason>
/** Events that one erasure names. */
export const ERASED_MAX = 1_000
const Erased = z.object({ seqs: z.array(Seq).min(1).max(ERASED_MAX), reason: ErasureReason })

export const EraseMessages = Command.extend({ roomId: RoomId, ...Erased.shape })
export type EraseMessages = z.output<typeof EraseMessages>
/** `seq`: the erasure's own place in the room's log. */
export const Erasure = z.object({ seq: Seq })
export type Erasure = z.output<typeof Erasure>

export const logEvents = {
  /** The personal parts of these seqs are gone. */
  'log.erased': { version: 1, deal: Erased, personal: null },
} as const satisfies Record<string, EventDef>
