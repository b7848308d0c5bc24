import type { RoomId } from '../../../client-sdk/contract/index.ts'
import { counting, type Noun } from './counted.ts'
import { type For, template, type Words } from './template.ts'

/** A number of something; `isMore`: there is more than was counted. */
type Count = { n: number; isMore: boolean }
/** `title`: null once erased. */
type Room = { roomId: RoomId; title: string | null; messages: Count; mentions: number }
/** `others`: how many rooms there are besides. */
export type UnreadDigest = { rooms: Room[]; others: number; messages: Count }

/** A language's part in what is otherwise the same. */
type Phrases = {
  count(n: number, noun: Noun, reader: For): string
  moreThan: string
  unread: Noun
  message: Noun
  inRooms: Noun
  subject(unread: string, rooms: string): string
  opening: string
  untitled: string
  titled(title: string): string
  mentioned(n: number, reader: For): string
  others(rooms: string): string
  openRoom: string
  openInbox: string
}

const write =
  (its: Phrases) =>
  ({ rooms, others, messages }: UnreadDigest, reader: For): Words => {
    const counted = ({ n, isMore }: Count, noun: Noun) => `${isMore ? its.moreThan : ''}${its.count(n, noun, reader)}`
    const line = (room: Room) => {
      const title = room.title === null ? its.untitled : its.titled(room.title)
      return `${title}: ${counted(room.messages, its.message)}${room.mentions > 0 ? its.mentioned(room.mentions, reader) : ''}`
    }
    const all = rooms.length + others
    return {
      subject: its.subject(counted(messages, its.unread), its.count(all, its.inRooms, reader)),
      paragraphs: [its.opening, ...rooms.map(line), ...(others > 0 ? [its.others(its.count(others, its.inRooms, reader))] : [])],
      lead: all === 1 ? { says: its.openRoom, path: `/rooms/${rooms[0]!.roomId}` } : { says: its.openInbox, path: '/inbox' },
    }
  }

/** To whoever was not there when something was said. It has rooms and numbers, and nobody's words. */
export const unreadDigest = template<UnreadDigest>({
  kind: 'digest',
  en: write({
    count: counting('en'),
    moreThan: 'more than ',
    unread: { one: 'unread message', other: 'unread messages' },
    message: { one: 'message', other: 'messages' },
    inRooms: { one: 'room', other: 'rooms' },
    subject: (unread, rooms) => `You have ${unread} in ${rooms}`,
    opening: 'While you were away, something was said that you have not read:',
    untitled: 'A room without a title',
    titled: (title) => `“${title}”`,
    mentioned: (n, { count }) => `, ${count(n)} of which ${n === 1 ? 'mentions' : 'mention'} you`,
    others: (rooms) => `… and in ${rooms} more`,
    openRoom: 'Open the room',
    openInbox: 'Open your inbox',
  }),
  uk: write({
    count: counting('uk'),
    moreThan: 'понад ',
    unread: { one: 'непрочитане повідомлення', few: 'непрочитані повідомлення', other: 'непрочитаних повідомлень' },
    message: { one: 'повідомлення', few: 'повідомлення', other: 'повідомлень' },
    inRooms: { one: 'кімнаті', other: 'кімнатах' },
    subject: (unread, rooms) => `У вас ${unread} у ${rooms}`,
    opening: 'Поки вас не було, надійшли повідомлення, яких ви ще не прочитали:',
    untitled: 'Кімната без назви',
    titled: (title) => `«${title}»`,
    mentioned: (n, reader) => `, вас згадано ${counting('uk')(n, { one: 'раз', few: 'рази', other: 'разів' }, reader)}`,
    others: (rooms) => `… і ще у ${rooms}`,
    openRoom: 'Відкрити кімнату',
    openInbox: 'Відкрити вхідні',
  }),
})
