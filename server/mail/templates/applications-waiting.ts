import { counting } from './counted.ts'
import { template } from './template.ts'

/** `waiting`: how many of the campaign's applications wait for the brand. `decideBy`: until when; null where it has said no moment. */
type Data = { campaign: string; campaignId: string; waiting: number; decideBy: string | null }

const counted = { en: counting('en'), uk: counting('uk') }
const applications = {
  en: { one: 'application waits', other: 'applications wait' },
  uk: { one: 'заявка чекає', few: 'заявки чекають', other: 'заявок чекають' },
}

/** To those who decide for a brand: applications wait for them. */
export const applicationsWaiting = template<Data>({
  kind: 'applications',
  en: ({ campaign, campaignId, waiting, decideBy }, reader) => {
    const all = counted.en(waiting, applications.en, reader)
    const until = decideBy === null ? '' : ` Whatever is not decided by ${reader.at(decideBy)} expires.`
    return {
      subject: `${all} for your decision in “${campaign}”`,
      paragraphs: [`In the campaign “${campaign}” ${all} for your decision.${until}`],
      lead: { says: 'Look at the applications', path: `/campaigns/${campaignId}` },
    }
  },
  uk: ({ campaign, campaignId, waiting, decideBy }, reader) => {
    const all = counted.uk(waiting, applications.uk, reader)
    const until = decideBy === null ? '' : ` Усе, що не буде вирішено до ${reader.at(decideBy)}, спливе.`
    return {
      subject: `«${campaign}»: ${all} на ваше рішення`,
      paragraphs: [`У кампанії «${campaign}» ${all} на ваше рішення.${until}`],
      lead: { says: 'Переглянути заявки', path: `/campaigns/${campaignId}` },
    }
  },
})
