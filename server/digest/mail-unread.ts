import type { UserId } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'

export async function mailUnread(_ctx: Ctx, _userId: UserId): Promise<'mailed' | 'nothing' | 'present'> {
  return 'nothing'
}
