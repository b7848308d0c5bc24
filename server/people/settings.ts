import { type ChangeSettings, type CommandId, newId, type PersonSettings, SYSTEM } from '../../client-sdk/contract/index.ts'
import { notFound } from '../../persistence/event-log.ts'
import * as persons from '../../persistence/person-settings.ts'
import { type Ctx, caller } from '../ctx.ts'

export async function getSettings(ctx: Ctx): Promise<PersonSettings> {
  const settings = await persons.settingsOf(ctx.db.pool, caller(ctx).userId)
  if (!settings) throw notFound('person')
  return settings
}

/**
 * What is left out stays. A change of presence is told on the caller's own stream: from there every node learns of it, for all of
 * their sockets. The same again tells nothing.
 */
export async function changeSettings(ctx: Ctx, changes: ChangeSettings): Promise<PersonSettings> {
  const { userId } = caller(ctx)
  return ctx.em.transactional(async (em) => {
    const before = await persons.lockSettings(em, userId)
    if (!before) throw notFound('person')
    const after = { ...before, ...changes, notifications: { ...before.notifications, ...changes.notifications } }
    await persons.writeSettings(em, userId, { before, after })
    const { presence } = after
    if (presence === before.presence) return after
    const by = { actor: SYSTEM, commandId: newId<CommandId>(), accessVersion: null }
    await ctx.log.append(em, [{ ...by, streamId: userId, type: 'person.settingsChanged', deal: { presence }, personal: null }])
    return after
  })
}
