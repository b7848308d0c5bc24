import type { BrandFields, CampaignFields, CampaignState, TeamRole, Terms } from '../../../client-sdk/contract/index.ts'
import { type DealStep, deals } from './deals.ts'
import type { Who } from './people.ts'

type Line = readonly [Who, string]
export type DemoApplication = {
  creator: Who
  cover: string
  answers?: { key: string; text: string }[]
  terms?: Terms
  /** What is said in its room. */
  lines: Line[]
  /** What the team says among itself. */
  notes?: Line[]
  outcome?: { by: Who; move: 'shortlist' | 'decline' | 'withdraw'; reason?: string }
  /** What the two do then. */
  deal?: DealStep[]
}
/** `applyIn`, `decideIn`: from the start of the demo on, in days; less than an hour of them for what is to be over at once. */
export type DemoCampaign = {
  fields: Partial<CampaignFields> & Pick<CampaignFields, 'title'>
  applyIn: number
  decideIn: number
  state: CampaignState
  news?: Line[]
  applications?: DemoApplication[]
}
export type DemoBrand = {
  fields: BrandFields
  owner: Who
  team: Partial<Record<Who, Exclude<TeamRole, 'owner'>>>
  campaigns: DemoCampaign[]
}

const SOON = 2 / 86_400

const kyotoTerms: Terms = {
  fee: { amount: 125_000, currency: 'EUR' },
  deliverables: [
    { platform: 'instagram', format: 'Reel, 40 s', count: 1, due: null },
    { platform: 'instagram', format: 'Still', count: 3, due: null },
  ],
  usage: { channels: ['Own channels'], territories: ['001'], months: 6 },
  exclusivity: null,
  revisionRounds: 1,
  payments: [
    { amount: 50_000, due: 'onAgreement' },
    { amount: 75_000, due: 'onApproval' },
  ],
  clauses: ['A second round of changes costs 15 % of the fee.'],
  nonce: '5f0e8a0c6a5d4a51b6f7f9c2a4d10e37',
}

const fjord: DemoBrand = {
  fields: {
    name: 'Fjord Coffee',
    about: 'We roast light, ship slowly, and know every farm by name.',
    website: 'https://example.com/fjord',
    territory: 'NO',
  },
  owner: 'nora',
  team: { tomas: 'manager', ines: 'viewer' },
  campaigns: [
    {
      fields: {
        title: 'Slow Mornings',
        brief: 'One unhurried morning with our autumn roast, as it really is at your place. Keep the logo off the first three seconds.',
        goals: ['Show the ritual, not the product', 'Bring people to the autumn box'],
        deliverables: [{ platform: 'instagram', format: 'Reel, 30–60 s', count: 1 }],
        platforms: ['instagram', 'youtube'],
        categories: ['food-drink', 'home'],
        territories: ['NO', 'JP', 'UA'],
        languages: ['en', 'ja', 'uk'],
        budget: { min: 60_000, max: 150_000, currency: 'EUR' },
        creators: 4,
        questions: [
          { key: 'light', text: 'What is the light like in your kitchen at half past six?', required: true },
          { key: 'cup', text: 'Which cup do you drink from?', required: false },
        ],
      },
      applyIn: 21,
      decideIn: 35,
      state: 'open',
      news: [
        ['nora', 'Welcome! This room is for news about the campaign. Everything about your own work is in your own room.'],
        ['tomas', 'The product boxes left our warehouse today. Expect them by Thursday.'],
        ['nora', 'Please keep the logo off the first three seconds; the rest of the brief stands.'],
      ],
      applications: [
        {
          creator: 'aiko',
          cover: 'I would love to film the 06:30 light in my kitchen.',
          answers: [
            { key: 'light', text: 'Low and golden, through paper screens, for about twenty minutes.' },
            { key: 'cup', text: '祖母の湯のみ' },
          ],
          terms: kyotoTerms,
          outcome: { by: 'tomas', move: 'shortlist' },
          lines: [
            ['aiko', 'Hi! One 40-second reel and three stills, as in my offer?'],
            ['tomas', 'We saw your tea series and liked it a lot. Could the reel be ready by the 12th?'],
            ['aiko', 'The 12th works if the box arrives this week. 京都から送ってもらう器も使いたいです 🍵'],
            ['nora', 'Lovely. Usage would be our own channels for six months, nothing paid.'],
            ['aiko', 'Then my usual fee is fine. One round of changes included, a second one at 15 %.'],
            ['tomas', 'Agreed from my side. I will write it up.'],
          ],
          notes: [
            ['tomas', 'Her engagement is twice what we see elsewhere. I would go up to 1,400.'],
            ['nora', 'Let us start at her number. She is worth a long relationship.'],
          ],
        },
        {
          creator: 'danylo',
          cover: 'Пропоную відео про каву в горах: підйом, світанок, перша чашка.',
          answers: [{ key: 'light', text: 'У нас світанок о 6:10, над хмарами.' }],
          lines: [
            ['danylo', 'Добрий день! Погода добра до неділі.'],
            ['nora', 'Добрий день, Даниле! The summit idea is exactly the mood. How long would it be?'],
            ['danylo', 'Around ninety seconds, with a short cut for stories.'],
            ['tomas', 'Could you do it without the drone? Insurance is slow on our side.'],
          ],
          deal: deals.summit,
        },
        {
          creator: 'lucia',
          cover: 'Coffee on the night train to Irún, from the bunk to the buffet car.',
          answers: [{ key: 'light', text: 'My kitchen moves at 120 km/h, so it changes.' }],
          outcome: {
            by: 'tomas',
            move: 'decline',
            reason: 'A wonderful idea, and a kitchen is what this one is about. Please apply to the next one!',
          },
          lines: [['tomas', 'We laughed a lot about the kitchen that moves. Next spring, seriously.']],
        },
        {
          creator: 'kwame',
          cover: 'A barista at home: dialling in your autumn roast from the first shot.',
          answers: [{ key: 'light', text: 'Neon, honestly.' }],
          outcome: { by: 'kwame', move: 'withdraw', reason: 'My calendar has changed, sorry.' },
          lines: [],
        },
      ],
    },
    {
      fields: { title: 'Winter Box 2027', goals: ['Find out who would unwrap it'], categories: ['food-drink'] },
      applyIn: 60,
      decideIn: 75,
      state: 'draft',
    },
    {
      fields: {
        title: 'Cold Brew on the Roof',
        brief: 'City roofs, evening, one glass. Paused until the bottles are back in stock.',
        platforms: ['tiktok'],
        categories: ['food-drink', 'travel'],
        languages: ['en', 'es'],
        budget: { min: 40_000, max: 90_000, currency: 'EUR' },
      },
      applyIn: 14,
      decideIn: 28,
      state: 'paused',
      news: [['tomas', 'We pause for two weeks: the bottles are late. Nothing that was agreed changes.']],
      applications: [
        {
          creator: 'lucia',
          cover: 'I know five roofs by five stations.',
          lines: [['lucia', 'Shall I wait for the bottles?']],
          deal: deals.roofs,
        },
      ],
    },
    {
      fields: {
        title: 'Autumn Box, Unpacked',
        brief: 'Open the autumn box as if nobody were watching.',
        deliverables: [{ platform: 'instagram', format: 'Reel, 40 s', count: 1 }],
        platforms: ['instagram', 'youtube', 'tiktok'],
        categories: ['food-drink'],
        budget: { min: 50_000, max: 150_000, currency: 'EUR' },
        creators: 4,
      },
      applyIn: 7,
      decideIn: 21,
      state: 'closed',
      news: [['nora', 'Thank you all! We are complete, and look forward to what you make.']],
      applications: [
        { creator: 'aiko', cover: 'The paper around it would be my beginning.', lines: [], deal: deals.unboxing },
        { creator: 'kwame', cover: 'Three beans, three kettles, one winner.', lines: [], deal: deals.tasting },
        { creator: 'danylo', cover: 'Термос, снідальна галявина, ваша коробка.', lines: [], deal: deals.thermos },
        { creator: 'lucia', cover: 'In the kitchen that moves, at last?', lines: [], deal: deals.delayed },
      ],
    },
    {
      fields: {
        title: 'The Summer Filter',
        brief: 'Filter coffee for people who think they do not like it.',
        platforms: ['youtube'],
        categories: ['food-drink', 'education'],
        budget: { min: 50_000, max: 120_000, currency: 'EUR' },
      },
      applyIn: SOON,
      decideIn: SOON,
      state: 'completed',
      applications: [
        {
          creator: 'kwame',
          cover: 'I would explain extraction with a bathtub.',
          outcome: { by: 'nora', move: 'decline', reason: 'We have closed this one; thank you for the bathtub.' },
          lines: [],
        },
      ],
    },
    {
      fields: {
        title: 'Harvest Letters',
        brief: 'Read one letter of one farmer aloud, in your own language.',
        platforms: ['podcast', 'instagram'],
        categories: ['food-drink', 'books'],
        languages: ['en', 'uk', 'es'],
      },
      applyIn: 10,
      decideIn: 30,
      state: 'closed',
      applications: [
        { creator: 'danylo', cover: 'Прочитаю листа на полонині.', lines: [['nora', 'We will answer everybody by the end of the month.']] },
      ],
    },
    {
      fields: { title: 'Espresso at Sea', brief: 'A boat, a machine, a storm.', platforms: ['youtube'], categories: ['travel'] },
      applyIn: 20,
      decideIn: 40,
      state: 'cancelled',
    },
  ],
}

const kobalt: DemoBrand = {
  fields: { name: 'Kobalt Outdoor', about: 'Tents and packs that are mended for life.', website: null, territory: 'DE' },
  owner: 'jonas',
  team: {},
  campaigns: [
    {
      fields: {
        title: 'Mended',
        brief: 'Show something that you have mended rather than replaced.',
        deliverables: [{ platform: 'youtube', format: 'Video, 2–4 min', count: 1 }],
        platforms: ['youtube', 'tiktok'],
        categories: ['outdoors', 'sustainability', 'crafts'],
        territories: ['DE', 'UA', 'ES'],
        languages: ['en', 'de', 'uk'],
        budget: { min: 80_000, max: 200_000, currency: 'EUR' },
        creators: 6,
      },
      applyIn: 30,
      decideIn: 45,
      state: 'open',
      applications: [
        {
          creator: 'danylo',
          cover: 'Маю намет, якому дванадцять років. На ньому сорок латок.',
          lines: [['jonas', 'Forty patches! Could we have all of them in one shot?']],
          deal: deals.patches,
        },
        { creator: 'lucia', cover: 'My grandmother’s rucksack has crossed Europe eleven times.', lines: [], deal: deals.rucksack },
      ],
    },
    {
      fields: {
        title: 'Night on the Ridge',
        brief: 'For those whom we have asked: one night out, one tent, no tricks.',
        platforms: ['youtube'],
        categories: ['outdoors'],
        visibility: 'invited',
      },
      applyIn: 25,
      decideIn: 40,
      state: 'open',
      applications: [{ creator: 'aiko', cover: 'I have never slept on a ridge, and would like to say so.', lines: [], deal: deals.ridge }],
    },
  ],
}

export const brands: readonly DemoBrand[] = [fjord, kobalt]
/** Who is asked to the campaigns that only the invited see. */
export const invited: readonly Who[] = ['danylo', 'aiko']
