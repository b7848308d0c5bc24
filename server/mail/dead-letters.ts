import { z } from 'zod'
import {
  type DeadLetter,
  MailId,
  type MoveDeadLetter,
  type Page,
  type PageOf,
  ParleyError,
  PLATFORM,
  SYSTEM,
} from '../../client-sdk/contract/index.ts'
import * as dead from '../../persistence/dead-letters.ts'
import { notFound } from '../../persistence/event-log.ts'
import { type Ctx, caller, demand } from '../ctx.ts'
import { cursorFrom, partsOf } from '../cursor.ts'
import { once, ownId } from '../once.ts'

/** In days. What nobody takes may have codes in it: it is to lie about no longer. */
const KEPT = 30
const NAME = 'dead-letters'
const Cursor = z.tuple([z.literal(NAME), z.iso.datetime({ precision: 6 }).refine((at) => !at.startsWith('0000')), MailId])

/** Mails that nobody took, the last one first. Their words are not shown: they may let somebody in. */
export async function listDeadLetters(ctx: Ctx, { limit, cursor }: Page): Promise<PageOf<DeadLetter>> {
  demand(ctx, 'administer')
  const found = await dead.deadLetters(ctx.db.pool, placeOf(cursor), limit + 1)
  const shown = found.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map(({ place: _, ...letter }) => letter),
    cursor: last && found.length > limit ? cursorFrom([NAME, last.place, last.mailId]) : null,
  }
}

function placeOf(cursor: string | undefined): dead.DeadPlace | null {
  if (cursor === undefined) return null
  const place = Cursor.safeParse(partsOf(cursor))
  if (!place.success) throw new ParleyError('request.invalid', '`cursor` is none of this list')
  const [, at, id] = place.data
  return { at, id }
}

/**
 * Sends one again, as if it had never been tried, or lets it go. Throws `resource.notFound` for what is no dead letter, or no more, and
 * `deadline.passed` where it would let nobody in: its code has ended.
 */
export function moveDeadLetter(ctx: Ctx, input: MoveDeadLetter): Promise<{ mailId: MailId }> {
  demand(ctx, 'administer')
  const { commandId, mailId, move, reason } = input
  return ctx.em.transactional((em) =>
    once(em, ctx, 'mail.moveDead', input, async () => {
      const letter = await dead.holdDeadLetter(em, mailId)
      if (!letter) throw notFound('dead letter')
      if (move === 'retry' && letter.isUseless) throw new ParleyError('deadline.passed', 'The code in it has ended: invite them again')
      await (move === 'retry' ? dead.reviveMail(em, mailId) : dead.dropDeadLetter(em, mailId))
      const by = { actor: SYSTEM, commandId: ownId(ctx, commandId), accessVersion: null }
      const what = { type: 'mail.moved', deal: { mailId, move }, personal: { by: caller(ctx).userId, reason } } as const
      await ctx.log.append(em, [{ ...by, streamId: PLATFORM, ...what }])
      return { mailId }
    }),
  )
}

/** Lets go what nobody had sent again in a month, and what nobody would send. A step of the sweep. */
export const dropOldMail = ({ db: { pool } }: Ctx): Promise<number> => dead.dropOldMail(pool, KEPT)
