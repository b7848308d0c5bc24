import { setImmediate as otherWork } from 'node:timers/promises'
import { fold, stem } from './ukrainian.ts'

/** A word as it stands in a text, and what it is searched by. */
export type Word = { start: number; end: number; key: string }

/** An apostrophe belongs to a Cyrillic word, and parts an English one, where what follows it is no word: brand’s. */
const WORD = /[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:['’ʼ‘＇](?=\p{Script=Cyrillic})[\p{L}\p{M}\p{N}]+)*/gu
const MENTION = /<@[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}>/gi
/**
 * In characters. PostgreSQL refuses words of 2 kB and more, and folding and stemming take longer than in proportion to a word's
 * length. Nobody searches by so long a one.
 */
const LONGEST = 64
/** What takes longer to look through than it takes to let others work, in UTF-16 units. */
const LONG = 200

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

/** Many texts, a long one a turn of the event loop: it may take 20 ms, and others are waiting. */
export async function searchables(texts: readonly string[]): Promise<string[]> {
  const all: string[] = []
  for (const text of texts) {
    all.push(searchable(text))
    if (text.length > LONG) await otherWork()
  }
  return all
}

/** Cyrillic words by their stem. English ones PostgreSQL stems. */
function keyOf(whole: string): string {
  const word = beginning(whole)
  if (STOP.has(word.toLowerCase().replace(/['’ʼ‘＇]/gu, ''))) return STOPPED
  const plain = beginning(fold(word)) // one sign may be folded to eighteen
  return /\p{Script=Cyrillic}/u.test(plain) ? stem(plain) : plain
}

const beginning = (word: string): string => (word.length > LONGEST ? [...word.slice(0, 2 * LONGEST)].slice(0, LONGEST).join('') : word)
