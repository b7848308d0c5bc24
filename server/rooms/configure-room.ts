import { LockMode } from '@mikro-orm/core'
import type { Changed, ConfigureRoom } from '../../client-sdk/contract/index.ts'
import { Room } from '../../persistence/entities/rooms.ts'
import { notFound } from '../../persistence/event-log.ts'
import { lockStream } from '../../persistence/message-changes.ts'
import type { Ctx } from '../ctx.ts'
import { once } from '../once.ts'
import { authorised } from './authorise.ts'

/** Changes how a room is to be used. What was checked before is checked again: who might speak may now be silent. */
export function configureRoom(ctx: Ctx, input: ConfigureRoom): Promise<Changed> {
  const { roomId, commandId } = input
  return authorised(ctx, 'configure', roomId, ({ actorKey: actor, accessVersion }) =>
    ctx.em.transactional(async (em) => {
      const room = await em.findOne(Room, roomId, { lockMode: LockMode.PESSIMISTIC_WRITE })
      if (!room) throw notFound('room')
      return once(em, ctx, 'room.configure', input, async () => {
        const { slowMode = room.slowMode, announcementsOnly = room.announcementsOnly } = input
        const deal = { slowMode, announcementsOnly }
        if (slowMode === room.slowMode && announcementsOnly === room.announcementsOnly) return { seq: await lockStream(em, roomId) }
        em.assign(room, deal)
        await em.flush()
        const change = { streamId: roomId, type: 'room.settingsChanged', deal, personal: null, actor, commandId, accessVersion } as const
        const [appended] = await ctx.log.append(em, [change], [roomId])
        return { seq: appended!.seq }
      })
    }),
  )
}
