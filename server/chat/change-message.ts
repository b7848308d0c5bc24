import type { EntityManager } from '@mikro-orm/postgresql'
import { reduceMessages } from '../../client-sdk/contract/chat/reduce.ts'
import { type Changed, type ChangeMessage, commands, type Envelope, type Message, ParleyError } from '../../client-sdk/contract/index.ts'
import { type Entry, notFound } from '../../persistence/event-log.ts'
import { lockedMessage, lockStream, saveMessage } from '../../persistence/message-changes.ts'
import type { Ctx } from '../ctx.ts'
import { once } from '../once.ts'
import { authorised } from '../rooms/authorise.ts'
import type { Standing } from '../rooms/standings.ts'

type Fact = Pick<Entry, 'type' | 'deal' | 'personal'>
type Change = {
  name: 'chat.edit' | 'chat.delete' | 'chat.react' | 'chat.unreact' | 'chat.pin' | 'chat.unpin'
  /** What the command is known again by: it is kept, so it has no words that could have to be erased. */
  input: ChangeMessage & Record<string, unknown>
  /** The event that this makes of the message, or null where it is so already. Throws where it may not be. */
  decide(message: Message, me: Standing, em: EntityManager): Promise<Fact | null> | Fact | null
  /** What is changed besides the message, under the same lock. `seq`: the event's. */
  also?(em: EntityManager, seq: number): Promise<unknown>
}

/**
 * Changes a message: looks at it under its room's lock, so that what is decided is still so when it is written, and makes of
 * it what the contract's reducer makes of the event.
 */
export function changeMessage(ctx: Ctx, { name, input, decide, also }: Change): Promise<Changed> {
  const { roomId, commandId } = input
  const effect = async (em: EntityManager, me: Standing): Promise<Changed> => {
    const head = await lockStream(em, roomId)
    const message = await lockedMessage(em, roomId, input.message)
    if (!message) throw notFound('message')
    const fact = await decide(message, me, em)
    if (!fact) return { seq: head }
    const by = { streamId: roomId, actor: me.actorKey, commandId, accessVersion: me.accessVersion }
    const [appended] = await ctx.log.append(em, [{ ...fact, ...by } as Entry])
    const { id, seq, at } = appended!
    const event = { roomId, seq, id, type: fact.type, version: 1, actor: me.actorKey, at, data: fact } as Envelope
    const [changed] = reduceMessages([message], event)
    if (changed && changed !== message) await saveMessage(em, roomId, changed)
    await also?.(em, seq)
    return { seq }
  }
  return authorised(ctx, commands[name].allow, roomId, (me) =>
    ctx.em.transactional((em) => once(em, ctx, name, input, () => effect(em, me))),
  )
}

/** Throws for a message that has nothing left to change. */
export function assertStands({ text }: Message): void {
  if (text === null) throw new ParleyError('message.deleted', 'This message was taken back')
}
