import type { Money } from '../../client-sdk/contract/index.ts'
import { escaped } from '../docs/markdown.ts'

/** What cannot be seen, or turns the direction of what follows. Line ends and tabs show; joiners are letters of some scripts. */
const UNSEEN = /(?!\n|\t|\u200c|\u200d|\ufe0f)[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu
const codeOf = (c: string) => `U+${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
const sign = (c: string) => `<span class="unseen">${codeOf(c)}</span>`
/** What people wrote, safe in a page. What is in it and cannot be seen is shown, since it was signed as well. */
const plain = (text: string): string => escaped(text.replaceAll('\r\n', '\n')).replace(UNSEEN, sign)

/** The same where there can be no tags. */
export const untagged = (text: string): string => escaped(text).replace(UNSEEN, codeOf)
/** A name or a few words of people. They turn the direction of nothing but themselves. */
export const words = (text: string): string => `<bdi>${plain(text)}</bdi>`
/** What people wrote at length, with its lines. */
export const block = (text: string): string => `<div class="words" dir="auto">${plain(text)}</div>`

/** How many digits a currency has behind the point: 2 of EUR, none of JPY, 3 of KWD. */
const digitsOf = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
/** `EUR 900.00`: exactly, since it is the digits that are moved and no number is divided. */
export function money({ amount, currency }: Money): string {
  const digits = digitsOf(currency)
  const all = String(amount).padStart(digits + 1, '0')
  const [whole, part] = [all.slice(0, all.length - digits), all.slice(all.length - digits)]
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return `${escaped(currency)}&nbsp;${groups}${digits ? `.${part}` : ''}`
}

const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
const TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: 'UTC' })
/** `31 January 2026`; a day of no zone. */
export const day = (date: string | null): string =>
  date === null ? 'no day agreed' : `<time datetime="${escaped(date)}">${DAY.format(new Date(`${date}T00:00:00Z`))}</time>`
/** `31 January 2026, 12:00:00 UTC`. */
export function moment(at: string): string {
  const date = new Date(at)
  return `<time datetime="${escaped(at)}">${DAY.format(date)}, ${TIME.format(date)} UTC</time>`
}

const REGIONS = new Intl.DisplayNames('en', { type: 'region' })
export const territory = (code: string): string => (code === '001' ? 'the whole world' : escaped(REGIONS.of(code) ?? code))
export const count = (n: number, one: string, many = `${one}s`): string => `${n.toLocaleString('en')} ${n === 1 ? one : many}`
