import type { For } from './template.ts'

/** A noun in the forms that a language counts with; `other` for all that has no form of its own. */
export type Noun = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }

/** A number with its noun, as the language's grammar has it. */
export function counting(language: 'en' | 'uk') {
  const rules = new Intl.PluralRules(language)
  return (n: number, noun: Noun, { count }: Pick<For, 'count'>): string => `${count(n)} ${noun[rules.select(n)] ?? noun.other}`
}
