import { template } from './template.ts'

type Data = { campaign: string; by: string; offer: number; until: string; roomId: string }

/** To whoever is to answer terms whose time is nearly over. */
export const offerExpiring = template<Data>({
  kind: 'offers',
  en: ({ campaign, by, offer, until, roomId }, { at }) => ({
    subject: `The offer for “${campaign}” is good until ${at(until)}`,
    paragraphs: [
      `${by} waits for your answer to version ${offer} of the terms. It expires at ${at(until)}; until then you can accept, counter or decline it.`,
    ],
    lead: { says: 'Answer the offer', path: `/rooms/${roomId}` },
  }),
  uk: ({ campaign, by, offer, until, roomId }, { at }) => ({
    subject: `Пропозиція щодо «${campaign}» дійсна до ${at(until)}`,
    paragraphs: [
      `${by} чекає на вашу відповідь щодо версії ${offer} умов. Вона спливає ${at(until)}; до того ви можете прийняти її, запропонувати інше або відхилити.`,
    ],
    lead: { says: 'Відповісти на пропозицію', path: `/rooms/${roomId}` },
  }),
})
