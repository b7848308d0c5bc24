import type { Reader } from '../../persistence/readers.ts'
import type { For, Template } from './templates/template.ts'

/** `app`: null where mails lead nowhere. Neither has a slash at its end. */
export type Links = { publicUrl: string; app: string | null }
export type Rendered = { subject: string; text: string; html: string | null }

/** A mail in its reader's language, in text and in HTML. */
export function render<Data>({ app }: Links, reader: Reader, template: Template<Data>, data: Data): Rendered {
  const language = reader.language.startsWith('uk') ? 'uk' : 'en'
  const { subject, paragraphs, lead } = template[language](data, forReader(reader, language))
  const link = lead && app !== null ? `\n\n${lead.says}: ${app}${lead.path}` : ''
  return { subject, text: `${paragraphs.join('\n\n')}${link}\n`, html: null }
}

function forReader({ name, timeZone }: Reader, language: 'en' | 'uk'): For {
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
