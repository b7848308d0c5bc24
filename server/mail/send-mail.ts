import type { MailId } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import type { Mailer } from '../ports.ts'

export async function sendMail(_ctx: Ctx, _mailer: Mailer, _mailId: MailId): Promise<void> {}

export async function buryMail(_ctx: Ctx, _mailId: MailId, _why: string): Promise<void> {}
