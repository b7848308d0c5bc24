import type { ProfileFields } from '../../../client-sdk/contract/index.ts'
import type { Who } from './people.ts'

const euros = (amount: number) => ({ amount: amount * 100, currency: 'EUR' })

/** What the creators show of themselves. */
export const profiles: Partial<Record<Who, Partial<ProfileFields>>> = {
  aiko: {
    headline: 'Quiet kitchens, morning light, good cups',
    about: 'I film everyday rituals in Kyoto and Lisbon. Natural light only, and never a voice-over.',
    channels: [
      {
        platform: 'instagram',
        handle: 'aiko.morning',
        url: 'https://example.com/aiko',
        followers: 84_300,
        averageViews: 31_000,
        engagement: 640,
      },
      { platform: 'youtube', handle: 'Aiko Tanaka', url: null, followers: 22_100, averageViews: 9_400, engagement: 510 },
    ],
    categories: ['food-drink', 'home'],
    languages: ['ja', 'en'],
    territory: 'JP',
    currency: 'EUR',
    rates: [
      { work: 'Reel, up to 60 s', price: euros(900) },
      { work: 'Three stills', price: euros(350) },
    ],
    portfolio: [{ title: 'Tea, five ways', url: 'https://example.com/aiko/tea' }],
  },
  danylo: {
    headline: 'Гори, кава, світанок',
    about: 'Знімаю Карпати цілий рік: підйоми, ночівлі, перша чашка на вершині.',
    channels: [{ platform: 'youtube', handle: 'Данило в горах', url: null, followers: 156_000, averageViews: 48_000, engagement: 720 }],
    categories: ['outdoors', 'travel'],
    languages: ['uk', 'en'],
    territory: 'UA',
    currency: 'EUR',
    rates: [{ work: 'Відео до 3 хвилин', price: euros(1_200) }],
  },
  lucia: {
    headline: 'Slow travel by train',
    channels: [{ platform: 'tiktok', handle: 'lucia.por.tren', url: null, followers: 311_000, averageViews: 120_000, engagement: 890 }],
    categories: ['travel', 'sustainability'],
    languages: ['es', 'en', 'fr'],
    territory: 'ES',
    currency: 'EUR',
    rates: [{ work: 'TikTok', price: euros(700) }],
  },
}
