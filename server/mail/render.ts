import type { MailKind } from '../../client-sdk/contract/index.ts'
import type { Reader } from '../../persistence/readers.ts'
import { kindsInWords, type MailLanguage, mailLanguage } from './kinds-in-words.ts'
import { type Block, toHtml, toText } from './layout.ts'
import type { For, Template } from './templates/template.ts'

/** `app`: null where mails lead nowhere. Neither has a slash at its end. */
export type Links = { publicUrl: string; app: string | null }
export type Rendered = { subject: string; text: string; html: string; language: MailLanguage }
/** What is known of whom a mail is for. `mailKey`: null of who has no account. */
export type Addressee = Pick<Reader, 'name' | 'language' | 'timeZone'> & { mailKey: string | null }
/** Of whom nothing but an address is known. */
export const STRANGER: Addressee = { name: '', language: 'en', timeZone: 'UTC', mailKey: null }

/** Where mails of a kind are ended, without signing in. Whoever has it can end them: it is nobody's but the reader's. */
export const unsubscribeUrl = ({ publicUrl }: Links, mailKey: string, kind: MailKind) => `${publicUrl}/unsubscribe/${mailKey}/${kind}`

/** A mail in its reader's language; in text and in HTML, which say the same. */
export function render<Data>(links: Links, reader: Addressee, template: Template<Data>, data: Data): Rendered {
  const language = mailLanguage(reader.language)
  const { subject, paragraphs, lead } = template[language](data, forReader(reader, language))
  const body: Block[] = paragraphs.map((says) => ({ says: plain(says) }))
  if (lead && links.app !== null) body.push({ says: plain(lead.says), to: `${links.app}${lead.path}` })
  const footer = footerOf(links, reader, template.kind, language)
  const its = { subject: plain(subject), language, body, footer }
  return { subject: its.subject, text: toText(its), html: toHtml(its), language }
}

/** One line: what is in it could begin no other, nor turn the direction of what stands beside it. */
const plain = (words: string): string =>
  words
    .toWellFormed()
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()

const WHY: Record<MailLanguage, (about: string) => string> = {
  en: (about) => `You get this because mails about ${about} are on for you.`,
  uk: (about) => `Ви отримали цей лист, бо у вас увімкнено листи про: ${about}.`,
}
const END: Record<MailLanguage, string> = { en: 'End mails of this kind', uk: 'Не отримувати таких листів' }

function footerOf(links: Links, { mailKey }: Addressee, kind: MailKind | null, language: MailLanguage): Block[] {
  if (kind === null || mailKey === null) return []
  return [{ says: WHY[language](kindsInWords[language][kind]) }, { says: END[language], to: unsubscribeUrl(links, mailKey, kind) }]
}

function forReader({ name, timeZone }: Addressee, language: MailLanguage): For {
  const moment = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone })
  const day = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' })
  const number = new Intl.NumberFormat(language)
  return {
    name,
    at: (at) => `${moment.format(new Date(at))} (${timeZone})`,
    day: (at) => day.format(new Date(at)),
    count: (n) => number.format(n),
  }
}
