import { fold, stem } from './ukrainian.ts'

/** A word as it stands in a text, and what it is searched by. */
export type Word = { start: number; end: number; key: string }

/** An apostrophe belongs to a Cyrillic word, and parts an English one, where what follows it is no word: brand’s. */
const WORD = /[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:['’ʼ‘＇](?=\p{Script=Cyrillic})[\p{L}\p{M}\p{N}]+)*/gu
const MENTION = /<@[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}>/gi
/** PostgreSQL refuses words of 2 kB and more; nobody searches by so long a one. */
const LONGEST = 64

/** Words that say nothing by themselves. English ones PostgreSQL knows. */
const STOP = new Set(
  `а або але б без би бо був була були було бути в вам вас ваш ваша ваше ваші вже ви від він вона вони воно все всі да де для до є ж
  же з за зі и і із й його ми мене мені мій моя мої на над нам нас наш наша наше наші не ні ним них про та так там таке такий те
  тебе ти тим тих то тобі того тому тут у це цей ця ці цю цього цьому чи що щоб щось ще я як яка яке який які якщо її їй їм їх`.split(
    /\s+/,
  ),
)
/** Keeps a stop word's place in the text, so that phrases fit: PostgreSQL leaves it out. */
const STOPPED = 'the'

export function wordsIn(text: string): Word[] {
  const plain = text.replace(MENTION, (mention) => ' '.repeat(mention.length))
  const words: Word[] = []
  for (const { 0: word, index: start } of plain.matchAll(WORD)) {
    const key = keyOf(word)
    if (key !== '') words.push({ start, end: start + word.length, key })
  }
  return words
}

/** A text as PostgreSQL's parser gets it: nothing in it but words, so that it parts them where we do. */
export const searchable = (text: string): string =>
  wordsIn(text)
    .map((word) => word.key)
    .join(' ')

/** Cyrillic words by their stem. English ones PostgreSQL stems. */
function keyOf(word: string): string {
  if (STOP.has(word.toLowerCase().replace(/['’ʼ‘＇]/gu, ''))) return STOPPED
  const plain = fold(word)
  const key = /\p{Script=Cyrillic}/u.test(plain) ? stem(plain) : plain
  return key.length > LONGEST ? [...key].slice(0, LONGEST).join('') : key
}
