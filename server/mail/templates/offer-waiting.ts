import { template } from './template.ts'

/** `by`: the name of the side that has proposed. `amends`: there is an agreement, which it would change. `until`: null where it ends with nothing. */
type Data = { campaign: string; by: string; offer: number; amends: boolean; until: string | null; roomId: string }

/** To whoever is to answer terms that were proposed. */
export const offerWaiting = template<Data>({
  kind: 'offers',
  en: ({ campaign, by, offer, amends, until, roomId }, { at }) => ({
    subject: amends ? `${by} proposes to change what was agreed for “${campaign}”` : `${by} proposes terms for “${campaign}”`,
    paragraphs: [
      `${by} has proposed version ${offer} of the terms for “${campaign}”${amends ? ', to change what was agreed' : ''}. It is yours to accept, counter or decline.${until === null ? '' : ` It is good until ${at(until)}.`}`,
    ],
    lead: { says: 'Look at the terms', path: `/rooms/${roomId}` },
  }),
  uk: ({ campaign, by, offer, amends, until, roomId }, { at }) => ({
    subject: amends ? `${by} пропонує змінити домовленість щодо «${campaign}»` : `${by} пропонує умови для «${campaign}»`,
    paragraphs: [
      `${by} пропонує версію ${offer} умов для «${campaign}»${amends ? ', щоб змінити узгоджене' : ''}. Ви можете прийняти її, запропонувати інше або відхилити.${until === null ? '' : ` Вона дійсна до ${at(until)}.`}`,
    ],
    lead: { says: 'Переглянути умови', path: `/rooms/${roomId}` },
  }),
})
