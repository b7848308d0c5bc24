import { z } from 'zod'
import { applicationStates } from '../applications/machine.ts'
import { Seq } from '../define.ts'
import { ApplicationId, RoomId } from '../ids.ts'
import { Revision } from '../listing.ts'

/** Where in the log something was done to a deal, and how its application stands now. */
export const DealPlace = z.object({
  applicationId: ApplicationId,
  roomId: RoomId,
  seq: Seq,
  state: z.enum(applicationStates),
  version: Revision,
})
/** Where in the log something was done to a deal, and how its application stands now. */
export type DealPlace = z.output<typeof DealPlace>
