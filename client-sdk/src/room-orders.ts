import { emojiFrom } from '../contract/chat/emoji.ts'
import type { Changed, Place } from '../contract/chat/schema.ts'
import { ParleyError } from '../contract/errors.ts'
import type { Output } from '../contract/index.ts'
import type { RoomSettings } from '../contract/rooms/schema.ts'
import { isText, MESSAGE_MAX } from '../contract/text.ts'
import type { OrderName, Orders, Target } from './outbox.ts'
import { refused } from './promises.ts'
import type { MessageRef } from './room.ts'

type Change = Exclude<OrderName, 'chat.send' | 'room.configure'>

const isMessageText = (text: unknown): boolean => typeof text === 'string' && text.length <= MESSAGE_MAX && isText(text)
const badText = () => new ParleyError('request.invalid', `A message is text of 1 to ${MESSAGE_MAX} characters`)
const noMessage = () => new ParleyError('resource.notFound', 'No such message')

/** What can be done in a room, each as a command on its way. */
export abstract class RoomOrders {
  /** What a command says for this message; null for one that is not there. */
  protected abstract targetOf(message: MessageRef): Target | null
  protected abstract order<N extends OrderName>(name: N, input: Orders[N]): Promise<Output<N>>

  send(text: string, { replyTo }: { replyTo?: MessageRef } = {}): Promise<Place> {
    if (!isMessageText(text)) return refused(badText())
    if (replyTo === undefined) return this.order('chat.send', { text })
    const target = this.targetOf(replyTo)
    return target === null ? refused(noMessage()) : this.order('chat.send', { text, replyTo: target })
  }
  edit(message: MessageRef, text: string): Promise<Changed> {
    return isMessageText(text) ? this.#change('chat.edit', message, { text }) : refused(badText())
  }
  delete(message: MessageRef): Promise<Changed> {
    return this.#change('chat.delete', message)
  }
  react(message: MessageRef, emoji: string): Promise<Changed> {
    return this.#change('chat.react', message, { emoji: emojiFrom(emoji) })
  }
  unreact(message: MessageRef, emoji: string): Promise<Changed> {
    return this.#change('chat.unreact', message, { emoji: emojiFrom(emoji) })
  }
  pin(message: MessageRef): Promise<Changed> {
    return this.#change('chat.pin', message)
  }
  unpin(message: MessageRef): Promise<Changed> {
    return this.#change('chat.unpin', message)
  }
  configure(settings: Partial<RoomSettings>): Promise<Changed> {
    return this.order('room.configure', settings)
  }

  #change(name: Change, message: MessageRef, more: object = {}): Promise<Changed> {
    const target = this.targetOf(message)
    return target === null ? refused(noMessage()) : this.order(name, { message: target, ...more } as Orders[Change])
  }

  /** The seq of a message of the log; throws for one that is still on its way. */
  protected placeOf(message: MessageRef): number {
    const target = this.targetOf(message)
    if (typeof target !== 'number') throw noMessage()
    return target
  }
}
