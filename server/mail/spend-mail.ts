import { type Ctx, caller } from '../ctx.ts'
import { limited } from '../limits.ts'

/** Spends one of the mails that the caller may have us write, in all and to this address. Throws `rate.limited`. */
export function spendMail(ctx: Ctx, email: string): void {
  const { limits } = ctx
  const { userId } = caller(ctx)
  const to = `${userId} ${email}`
  if (!limits.mailsTo.take(to)) throw limited(limits, 'mailsTo', to)
  if (!limits.mails.take(userId)) throw limited(limits, 'mails', userId)
}
