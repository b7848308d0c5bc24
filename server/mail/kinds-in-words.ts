import type { MailKind } from '../../client-sdk/contract/index.ts'

/** The languages that mails are written in. */
export type MailLanguage = 'en' | 'uk'
/** The one of them that comes closest to somebody's: Ukrainian of any country, else English. */
export const mailLanguage = (language: string): MailLanguage => (language.toLowerCase().startsWith('uk') ? 'uk' : 'en')

/** What mails of a kind are about; it ends “mails about …”. */
export const kindsInWords: Record<MailLanguage, Record<MailKind, string>> = {
  en: {
    digest: 'messages that you have not read',
    applications: 'applications',
    offers: 'offers',
    deliverables: 'work and its due dates',
    summaries: 'your brand’s week',
  },
  uk: {
    digest: 'непрочитані повідомлення',
    applications: 'заявки',
    offers: 'пропозиції',
    deliverables: 'роботи та їхні терміни',
    summaries: 'тиждень вашого бренду',
  },
}
