import { template } from './template.ts'

type Data = { brand: string; title: string; campaignId: string }

/** To an address that a campaign invites, whether or not anybody has an account with it. */
export const campaignInvitation = template<Data>({
  kind: null,
  en: ({ brand, title, campaignId }) => ({
    subject: `${brand} invites you to a campaign`,
    paragraphs: [
      `${brand} invites you to apply to its campaign “${title}”.`,
      'Sign in with this address, or ask for an account with it: the campaign is among those that you find there.',
      'If you did not expect this, you need not do anything.',
    ],
    lead: { says: 'See the campaign', path: `/campaigns/${campaignId}` },
  }),
  uk: ({ brand, title, campaignId }) => ({
    subject: `${brand} запрошує вас до кампанії`,
    paragraphs: [
      `${brand} запрошує вас подати заявку на кампанію «${title}».`,
      'Увійдіть із цією адресою або попросіть обліковий запис із нею: кампанія є серед тих, які ви там знайдете.',
      'Якщо ви цього не чекали, нічого робити не треба.',
    ],
    lead: { says: 'Переглянути кампанію', path: `/campaigns/${campaignId}` },
  }),
})
