import { type CommandId, newId, type PersonSettings, SYSTEM } from '../../client-sdk/contract/index.ts'
import { notFound } from '../../persistence/event-log.ts'
import * as persons from '../../persistence/person-settings.ts'
import { type Ctx, caller } from '../ctx.ts'

export async function getSettings(ctx: Ctx): Promise<PersonSettings> {
  const settings = await persons.settingsOf(ctx.db.pool, caller(ctx).userId)
  if (!settings) throw notFound('person')
  return settings
}

/** Tells it on the caller's own stream: from there every node learns of it, for all of their sockets. The same again does nothing. */
export async function changeSettings(ctx: Ctx, settings: PersonSettings): Promise<PersonSettings> {
  const { userId } = caller(ctx)
  await ctx.em.transactional(async (em) => {
    if (!(await persons.changeSettings(em, userId, settings))) return
    const by = { actor: SYSTEM, commandId: newId<CommandId>(), accessVersion: null }
    await ctx.log.append(em, [{ ...by, streamId: userId, type: 'person.settingsChanged', deal: settings, personal: null }])
  })
  return settings
}
