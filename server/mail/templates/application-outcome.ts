import { type For, template, type Words } from './template.ts'

type Data = { campaign: string; brand: string; outcome: 'shortlisted' | 'declined' | 'expired' | 'agreed' | 'cancelled'; roomId: string }

/** A language's part in what is otherwise the same. */
type Phrases = { says: string; texts: Record<Data['outcome'], (its: Data) => [subject: string, text: string]> }
const write =
  ({ says, texts }: Phrases) =>
  (its: Data, _reader: For): Words => {
    const [subject, text] = texts[its.outcome](its)
    return { subject, paragraphs: [text], lead: { says, path: `/rooms/${its.roomId}` } }
  }

/** To a creator: what has become of their application. */
export const applicationOutcome = template<Data>({
  kind: 'applications',
  en: write({
    says: 'Open the application',
    texts: {
      shortlisted: ({ campaign, brand }) => [
        `You are on the shortlist for “${campaign}”`,
        `${brand} has put your application for “${campaign}” on the shortlist. Nothing is agreed yet.`,
      ],
      declined: ({ campaign, brand }) => [
        `Your application for “${campaign}” was declined`,
        `Your application for the campaign “${campaign}” of ${brand} was declined. What was said in its room you can still read.`,
      ],
      expired: ({ campaign, brand }) => [
        `The time to decide on “${campaign}” is over`,
        `${brand} did not decide on your application for “${campaign}” in time, so it has ended. What was said in its room you can still read.`,
      ],
      agreed: ({ campaign, brand }) => [
        `You have an agreement for “${campaign}”`,
        `${brand} has accepted the terms for “${campaign}”. They bind both sides from now on; the room has them, with the work and the days on which it is due.`,
      ],
      cancelled: ({ campaign, brand }) => [
        `The deal for “${campaign}” was cancelled`,
        `What you and ${brand} had agreed on for “${campaign}” was cancelled. The room has what was agreed, and who ended it.`,
      ],
    },
  }),
  uk: write({
    says: 'Відкрити заявку',
    texts: {
      shortlisted: ({ campaign, brand }) => [
        `Ви у списку обраних для «${campaign}»`,
        `${brand} додає вашу заявку на «${campaign}» до списку обраних. Ще нічого не узгоджено.`,
      ],
      declined: ({ campaign, brand }) => [
        `Вашу заявку на «${campaign}» відхилено`,
        `Вашу заявку на кампанію «${campaign}» бренду ${brand} відхилено. Сказане в її кімнаті ви й далі можете читати.`,
      ],
      expired: ({ campaign, brand }) => [
        `Час на рішення щодо «${campaign}» минув`,
        `${brand} не прийняв вчасно рішення щодо вашої заявки на «${campaign}», тож її завершено. Сказане в її кімнаті ви й далі можете читати.`,
      ],
      agreed: ({ campaign, brand }) => [
        `У вас є угода щодо «${campaign}»`,
        `${brand} приймає умови для «${campaign}». Відтепер вони зобов’язують обидві сторони; у кімнаті є умови, роботи та їхні строки.`,
      ],
      cancelled: ({ campaign, brand }) => [
        `Угоду щодо «${campaign}» скасовано`,
        `Те, про що ви домовилися з ${brand} щодо «${campaign}», скасовано. У кімнаті видно, що було узгоджено і хто це завершив.`,
      ],
    },
  }),
})
