/**
 * Without regard to case, accents (but й is no и) and apostrophes, ʼ or ’ or ' or none. Letters that one word may be written with
 * in several ways are one: ґ and г, є and е, ї and і.
 */
export const fold = (word: string): string =>
  word
    .toLowerCase()
    .normalize('NFKD')
    .replace(/(?<!и)\u0306|(?!\u0306)\p{M}|ʼ|[^\p{L}\p{M}\p{N}]/gu, '')
    .normalize('NFC')
    .toLowerCase()
    .replaceAll('ґ', 'г')
    .replaceAll('є', 'е')

/** What an ending leaves has at least so many letters, and a vowel among them. */
const LEAST = 3
const hasVowel = (stem: string): boolean => /[аеиіоуюя]/.test(stem)

/** Of nouns, adjectives and verbs, as folded. A longer one goes before one that it ends with. */
const ENDINGS = `іями іею іям іях ія ії іі ію іе ій ьою ьоі ього ьому ьми ого ому оі ими іми ами ями ові еві емо имо
  ий им ім их іх ам ям ах ях ом ем ою ею ів ей а е и і о у ю я ь й`
  .split(/\s+/)
  .sort((a, b) => b.length - a.length)

/** Few, but said every day. */
const IRREGULAR: Record<string, string> = {
  ...Object.fromEntries('день дня дню днем дні днів дням днями днях'.split(' ').map((form) => [form, 'ден'])),
  рік: 'рок',
  тиждень: 'тижн',
  киів: 'киев',
}

/**
 * The same word in all its forms gives the same stem, as far as endings and the common changes of sound go; other words that
 * are made of it do not. Stems are for comparing, not for reading. Applied to a stem it changes nothing: it goes on until
 * there is nothing left to take away, since «реклам» may be a word without an ending, or have one.
 */
export function stem(word: string): string {
  let now = fold(word)
  now = Object.hasOwn(IRREGULAR, now) ? IRREGULAR[now]! : now
  for (;;) {
    const next = step(now)
    if (next === now) return now
    now = next
  }
}

/** Each rule shortens the word, or moves a letter towards one that no rule brings back: it ends. */
function step(word: string): string {
  const reflexive = /^(.{4,})(?:ся|сь)$/u.exec(word)
  if (reflexive) return reflexive[1]!
  for (const ending of ENDINGS) {
    if (!word.endsWith(ending)) continue
    const left = word.slice(0, -ending.length)
    if (left.length >= LEAST && hasVowel(left)) return left
  }
  return sound(verb(word))
}

/** Past, infinitive and third person: підписав, підписала, підписати. A short word keeps its vowel: канал is no кан. */
function verb(word: string): string {
  const [, left, vowel] = /^(.{3,})([аяиую])[лвт]$/u.exec(word) ?? []
  if (left === undefined || !hasVowel(left)) return word
  return left.length >= 5 ? left : `${left}${vowel}в`
}

/** Sounds that change before an ending, or come and go. */
const sound = (word: string): string =>
  word
    .replace(/(?<=.{2})([бвгджзйклмнпрстфхцчшщ])\1$/u, '$1') // завдання, завдань
    .replace(/(?<=[аеиіоуюя].*[^аеиіоуюя])ец$/u, 'ц') // продавець, продавця
    .replace(/(?<=.{3})ц$/u, 'к') // доставка, доставці
    .replace(/(?<=.{3})з$/u, 'г') // послуга, послузі
    .replace(/(?<=.)і(?=[^аеиіоуюя]{1,2}$)/u, (i, at: number) => (word.length >= 4 && at > 0 ? 'о' : i)) // договір, договору
    .replace(/(?<=[аеиіоуюя].*[^аеиіоуюя])ок$/u, 'к') // ринок, ринку
