import { template } from './template.ts'

/** `missing`: names of fields of a campaign, as the event has them. */
type Data = { campaignId: string; campaign: string; brand: string; opensAt: string; missing: readonly string[] }

const said = {
  en: {
    brief: 'a brief',
    platforms: 'a platform',
    applyBy: 'a last day to apply that lies ahead',
    decideBy: 'a last day to decide that lies ahead',
  },
  uk: {
    brief: 'опису завдання',
    platforms: 'платформи',
    applyBy: 'останнього дня для заявок, який ще попереду',
    decideBy: 'останнього дня для рішень, який ще попереду',
  },
}
const listed = (language: 'en' | 'uk', missing: readonly string[]) =>
  missing.map((name) => (said[language] as Record<string, string>)[name] ?? name).join(', ')

/** To whoever runs a brand’s campaigns: a draft was to open by itself, and could not. */
export const campaignNotOpened = template<Data>({
  kind: 'applications',
  en: ({ campaignId, campaign, brand, opensAt, missing }, { at }) => ({
    subject: `“${campaign}” could not be published`,
    paragraphs: [
      `The campaign “${campaign}” of ${brand} was to be published by itself at ${at(opensAt)}. It was not, as it lacks: ${listed('en', missing)}.`,
      'It is still a draft. Add what is missing, and publish it, or set another moment.',
    ],
    lead: { says: 'Open the draft', path: `/campaigns/${campaignId}` },
  }),
  uk: ({ campaignId, campaign, brand, opensAt, missing }, { at }) => ({
    subject: `Кампанію «${campaign}» не вдалося опублікувати`,
    paragraphs: [
      `Кампанія «${campaign}» бренду ${brand} мала бути опублікована сама: ${at(opensAt)}. Цього не сталося, бо бракує: ${listed('uk', missing)}.`,
      'Вона досі чернетка. Додайте, чого бракує, і опублікуйте її або призначте інший час.',
    ],
    lead: { says: 'Відкрити чернетку', path: `/campaigns/${campaignId}` },
  }),
})
