import { can, type EraseMessages, type Erasure, ParleyError } from '../../client-sdk/contract/index.ts'
import { erase } from '../../persistence/erasure.ts'
import { authorsOf } from '../../persistence/rooms.ts'
import type { Ctx } from '../ctx.ts'
import { once } from '../once.ts'
import { authorised, denied } from '../rooms/authorise.ts'
import type { Standing } from '../rooms/standings.ts'

/**
 * Takes words out of the log for good: one's own, also those that were said with an application, an offer, work or a payment; of
 * messages anybody's, for whoever may erase in this room.
 */
export function eraseMessages(ctx: Ctx, input: EraseMessages): Promise<Erasure> {
  const { roomId, seqs, reason, commandId } = input
  return authorised(ctx, 'read', roomId, async (me) => {
    await mayErase(ctx, me, input)
    return ctx.em.transactional((em) =>
      once(em, ctx, 'log.erase', input, async () => {
        const by = { streamId: roomId, actor: me.actorKey, commandId, accessVersion: me.accessVersion }
        const { seq } = await erase(em, ctx.log, { ...by, seqs, reason })
        return { seq }
      }),
    )
  })
}

async function mayErase(ctx: Ctx, me: Standing, { roomId, seqs }: EraseMessages): Promise<void> {
  const said = await authorsOf(ctx.db.pool, roomId, seqs)
  if (said.length < new Set(seqs).size) throw new ParleyError('resource.notFound', 'No such message')
  const mayModerate = can('erase', me)
  if (!said.every(({ author, isMessage }) => author === me.actorKey || (isMessage && mayModerate))) throw denied()
}
