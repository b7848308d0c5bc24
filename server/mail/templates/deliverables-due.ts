import { counting } from './counted.ts'
import { template } from './template.ts'

/** So many pieces of a deal's work that were due on one day. `creator`, `brand`: the names of the two sides. */
type Data = { campaign: string; brand: string; creator: string; pieces: number; due: string; roomId: string }

const counted = { en: counting('en'), uk: counting('uk') }
const pieces = {
  en: { one: 'piece of work', other: 'pieces of work' },
  uk: { one: 'робота', few: 'роботи', other: 'робіт' },
}
const en = (roomId: string) => ({ says: 'Open the room', path: `/rooms/${roomId}` })
const uk = (roomId: string) => ({ says: 'Відкрити кімнату', path: `/rooms/${roomId}` })

/** To a creator: their work is due soon. */
export const deliverablesDueSoon = template<Data>({
  kind: 'deliverables',
  en: ({ campaign, brand, pieces: n, due, roomId }, reader) => {
    const all = counted.en(n, pieces.en, reader)
    return {
      subject: `Due on ${reader.day(due)}: ${all} for “${campaign}”`,
      paragraphs: [`You have agreed with ${brand} on ${all} for “${campaign}” by ${reader.day(due)}, and have not handed that in yet.`],
      lead: en(roomId),
    }
  },
  uk: ({ campaign, brand, pieces: n, due, roomId }, reader) => {
    const all = counted.uk(n, pieces.uk, reader)
    return {
      subject: `Строк ${reader.day(due)}: ${all} для «${campaign}»`,
      paragraphs: [`За домовленістю з ${brand} до ${reader.day(due)} на «${campaign}» очікується ${all}, але ще не здано.`],
      lead: uk(roomId),
    }
  },
})

/** To a creator: their work is late. */
export const deliverablesLate = template<Data>({
  kind: 'deliverables',
  en: ({ campaign, brand, pieces: n, due, roomId }, reader) => {
    const all = counted.en(n, pieces.en, reader)
    return {
      subject: `Late since ${reader.day(due)}: ${all} for “${campaign}”`,
      paragraphs: [
        `${brand} still waits for ${all} for “${campaign}”, due on ${reader.day(due)}. Hand it in, or write to them when it will be there.`,
      ],
      lead: en(roomId),
    }
  },
  uk: ({ campaign, brand, pieces: n, due, roomId }, reader) => {
    const all = counted.uk(n, pieces.uk, reader)
    return {
      subject: `Строк минув ${reader.day(due)}: ${all} для «${campaign}»`,
      paragraphs: [
        `${brand} досі чекає на «${campaign}»: ${all}, строк був ${reader.day(due)}. Здайте роботу або напишіть, коли вона буде готова.`,
      ],
      lead: uk(roomId),
    }
  },
})

/** To those who run a brand's campaigns: a creator's work is late. */
export const deliverablesMissing = template<Data>({
  kind: 'deliverables',
  en: ({ campaign, creator, pieces: n, due, roomId }, reader) => {
    const all = counted.en(n, pieces.en, reader)
    return {
      subject: `${creator} is late with ${all} for “${campaign}”`,
      paragraphs: [
        `${creator} was to hand in ${all} for “${campaign}” by ${reader.day(due)}, and that is not there yet. They were reminded, too.`,
      ],
      lead: en(roomId),
    }
  },
  uk: ({ campaign, creator, pieces: n, due, roomId }, reader) => {
    const all = counted.uk(n, pieces.uk, reader)
    return {
      subject: `${creator} запізнюється: ${all} для «${campaign}»`,
      paragraphs: [
        `До ${reader.day(due)} від ${creator} для «${campaign}» очікувалося: ${all}. Цього ще немає; нагадування вже надіслано.`,
      ],
      lead: uk(roomId),
    }
  },
})

/** To a brand's owners: a creator's work is late for days. */
export const deliverablesEscalated = template<Data>({
  kind: 'deliverables',
  en: ({ campaign, creator, pieces: n, due, roomId }, reader) => {
    const all = counted.en(n, pieces.en, reader)
    return {
      subject: `Still missing: ${all} by ${creator} for “${campaign}”`,
      paragraphs: [
        `${all} for “${campaign}”, due on ${reader.day(due)}, ${n === 1 ? 'has' : 'have'} not been handed in by ${creator}, though they were reminded.`,
        'As an owner of the brand you can write to them, propose an amendment with another day, or ask to cancel the deal.',
      ],
      lead: en(roomId),
    }
  },
  uk: ({ campaign, creator, pieces: n, due, roomId }, reader) => {
    const all = counted.uk(n, pieces.uk, reader)
    return {
      subject: `Досі немає: ${all}, ${creator}, «${campaign}»`,
      paragraphs: [
        `Для «${campaign}» до ${reader.day(due)} очікувалося: ${all}. Виконавець, ${creator}, досі не здає роботу, хоча нагадування було.`,
        'Як власник бренду ви можете написати, запропонувати зміну з іншим днем або попросити скасувати угоду.',
      ],
      lead: uk(roomId),
    }
  },
})
