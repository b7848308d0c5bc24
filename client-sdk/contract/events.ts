import type { z } from 'zod'
import { applicationEvents } from './applications/schema.ts'
import { brandEvents } from './brands/schema.ts'
import { campaignEvents } from './campaigns/schema.ts'
import { catalogueEvents } from './catalogue/schema.ts'
import { chatEvents } from './chat/schema.ts'
import { deliverableEvents } from './deliverables/schema.ts'
import type { ActorKey, EventId, RoomId } from './ids.ts'
import { logEvents } from './log/schema.ts'
import { mailEvents } from './mail/schema.ts'
import { milestoneEvents } from './milestones/schema.ts'
import { offerEvents } from './offers/schema.ts'
import { personEvents } from './people/schema.ts'
import { profileEvents } from './profiles/schema.ts'
import { roomEvents } from './rooms/schema.ts'
import { sessionEvents } from './sessions/schema.ts'
import { workflowEvents } from './workflows/schema.ts'

/** Every kind of fact, defined once. */
export const events = {
  ...chatEvents,
  ...roomEvents,
  ...logEvents,
  ...sessionEvents,
  ...personEvents,
  ...profileEvents,
  ...brandEvents,
  ...campaignEvents,
  ...applicationEvents,
  ...offerEvents,
  ...deliverableEvents,
  ...milestoneEvents,
  ...catalogueEvents,
  ...workflowEvents,
  ...mailEvents,
}
export type EventName = keyof typeof events
export type Part<E extends EventName, P extends 'deal' | 'personal'> = (typeof events)[E][P] extends infer S extends z.ZodType
  ? z.output<S>
  : null

/** `personal` is null where it was erased. */
type Data<E extends EventName> = { deal: Part<E, 'deal'>; personal: Part<E, 'personal'> | null }
/** One fact as every client of the room receives it, discriminated by `type`. */
export type Envelope<E extends EventName = EventName> = {
  [T in E]: { roomId: RoomId; seq: number; id: EventId; type: T; version: number; actor: ActorKey; at: string; data: Data<T> }
}[E]
