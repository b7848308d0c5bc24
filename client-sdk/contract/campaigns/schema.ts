import { z } from 'zod'
import { BrandCard } from '../brands/schema.ts'
import { CatalogueKey } from '../catalogue/schema.ts'
import { Command, type CommandDef, type EventDef, Instant, Moment, text } from '../define.ts'
import { ApplicationId, BrandId, CampaignId, RoomId } from '../ids.ts'
import { Page, Revision, several } from '../listing.ts'
import { name } from '../names.ts'
import { Role } from '../roles.ts'
import { Amount, Currency, Day, Language, Territory } from '../units.ts'
import { campaignMoves, campaignStates } from './machine.ts'

export const CampaignState = z.enum(campaignStates)
export type CampaignState = z.output<typeof CampaignState>
export const CampaignMove = z.enum(campaignMoves)
export type CampaignMove = z.output<typeof CampaignMove>

/** `public`: every creator finds it. `invited`: those of the addresses that were invited. `code`: whoever has been given its code. */
export const Visibility = z
  .enum(['public', 'invited', 'code'])
  .describe('Who finds it: every creator, those of the invited addresses, or whoever has been given its code')
export type Visibility = z.output<typeof Visibility>
/** What a creator is to make. */
export const WantedWork = z.object({ platform: CatalogueKey, format: name(60), count: z.int().min(1).max(100) })
export type WantedWork = z.output<typeof WantedWork>
/** What an application has to answer. `key` names it in answers, and is unique in its campaign. */
export const Question = z.object({
  key: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/)
    .describe('Chosen by the brand, unique in its campaign: answers name it'),
  text: name(300),
  required: z.boolean(),
})
export type Question = z.output<typeof Question>
/** For one creator, in whole minor units. */
export const Budget = z
  .object({ min: Amount, max: Amount, currency: Currency })
  .refine(({ min, max }) => min <= max, { error: 'is less at most than at least', path: ['max'] })
  .describe('What one creator is paid, from `min` to `max`')
export type Budget = z.output<typeof Budget>

const unique = <T extends z.ZodType>(item: T, max: number) =>
  z
    .array(item)
    .max(max)
    .refine((all) => new Set(all).size === all.length, 'has one twice')

/** What a brand says of a campaign. `applyBy`: until then creators apply. `decideBy`: what is not decided by then expires. */
export const CampaignFields = z.object({
  title: name(140),
  brief: text(10_000).nullable(),
  goals: z.array(name(200)).max(10),
  deliverables: z.array(WantedWork).max(20),
  platforms: unique(CatalogueKey, 20),
  categories: unique(CatalogueKey, 20),
  territories: unique(Territory, 50),
  languages: unique(Language, 20),
  budget: Budget.nullable(),
  opensAt: Moment.nullable().describe('Then the draft is published by itself, if nothing is missing by then'),
  applyBy: Moment.nullable().describe('Until then creators apply; then the campaign closes by itself'),
  decideBy: Moment.nullable().describe('Not before `applyBy`: what is not decided by then expires'),
  startsOn: Day.nullable(),
  endsOn: Day.nullable(),
  creators: z.int().min(1).max(10_000).nullable().describe('How many are wanted'),
  visibility: Visibility,
  questions: z
    .array(Question)
    .max(20)
    .refine((all) => new Set(all.map(({ key }) => key)).size === all.length, 'has a key twice'),
})
/** What a campaign says of which nothing was said. */
export const blankCampaign: Omit<CampaignFields, 'title'> = {
  brief: null,
  goals: [],
  deliverables: [],
  platforms: [],
  categories: [],
  territories: [],
  languages: [],
  budget: null,
  opensAt: null,
  applyBy: null,
  decideBy: null,
  startsOn: null,
  endsOn: null,
  creators: null,
  visibility: 'public',
  questions: [],
}
export type CampaignFields = z.output<typeof CampaignFields>

/** A campaign as lists show it, the same for everybody who may see it. */
export const CampaignCard = z.object({
  campaignId: CampaignId,
  brand: BrandCard,
  state: CampaignState,
  version: Revision,
  ...CampaignFields.pick({
    title: true,
    platforms: true,
    categories: true,
    territories: true,
    languages: true,
    budget: true,
    creators: true,
    visibility: true,
  }).shape,
  applyBy: Instant.nullable(),
  decideBy: Instant.nullable(),
  publishedAt: Instant.nullable(),
  changedAt: Instant,
})
export type CampaignCard = z.output<typeof CampaignCard>
/** For a creator: whether they keep it, and their application to it. */
export const CampaignListing = CampaignCard.extend({ saved: z.boolean(), applicationId: ApplicationId.nullable() })
export type CampaignListing = z.output<typeof CampaignListing>
/** All of it, as the caller may see it. `me`: what they are to it. `code` and `guests` are the team's. */
export const Campaign = CampaignListing.extend({
  ...CampaignFields.pick({ brief: true, goals: true, deliverables: true, opensAt: true, startsOn: true, endsOn: true, questions: true })
    .shape,
  createdAt: Instant,
  me: Role,
  roomId: RoomId.nullable().describe('Null for whoever is not in its room'),
  code: z.string().nullable().describe('For creators to redeem; the team’s alone'),
  /** Said with the last move, to whoever is in its room or has applied; null where nothing was, or once it is erased. */
  reason: z.string().nullable(),
})
export type Campaign = z.output<typeof Campaign>

/** What is left out is blank. */
export const CreateCampaign = Command.extend({ brandId: BrandId, ...CampaignFields.partial().shape, title: CampaignFields.shape.title })
export type CreateCampaign = z.output<typeof CreateCampaign>
const Change = Command.extend({ campaignId: CampaignId, version: Revision })
/** What is left out stays. */
export const UpdateCampaign = Change.extend(CampaignFields.partial().shape)
export type UpdateCampaign = z.output<typeof UpdateCampaign>
/** `reason`: to cancel takes one. `applyBy`, `decideBy`: to reopen takes a later one. */
export const MoveCampaign = Change.extend({
  move: CampaignMove.exclude(['complete']),
  reason: text(1_000).optional().describe('To cancel takes one'),
  applyBy: Moment.optional().describe('To reopen takes a later one; no other move does'),
  decideBy: Moment.optional().describe('For reopening alone: not before the one that was published'),
})
export type MoveCampaign = z.output<typeof MoveCampaign>
/** A new draft with the same content, without its dates. */
export const CopyCampaign = Command.extend({ campaignId: CampaignId })
export type CopyCampaign = z.output<typeof CopyCampaign>
export const SaveCampaign = z.object({ campaignId: CampaignId, saved: z.boolean() })
export type SaveCampaign = z.output<typeof SaveCampaign>
const Email = z.email().max(254).toLowerCase()
export const InviteCreator = Command.extend({ campaignId: CampaignId, email: Email })
export type InviteCreator = z.output<typeof InviteCreator>
/** As given by the brand, in any case. */
export const CampaignCode = z
  .string()
  .toUpperCase()
  .regex(/^[0-9A-HJKMNP-TV-Z]{12}$/)
export const RedeemCode = z.object({ code: CampaignCode })
export type RedeemCode = z.output<typeof RedeemCode>
/** An address that a campaign was shown to. */
export const Guest = z.object({ email: z.string(), via: z.enum(['invited', 'code']), at: Instant })
export type Guest = z.output<typeof Guest>

/** For creators, of what they may see and is open. Everything given must hold; of several values of one kind, one. */
export const DiscoverCampaigns = Page.extend({
  q: text(200).optional().describe('Words of the title, the brief and the goals: all count, `"in this order"`, `-not`, `or`'),
  platform: several(CatalogueKey),
  category: several(CatalogueKey),
  language: several(Language),
  territory: several(Territory).describe('Those that name one of these; the whole world is found by `001` alone'),
  currency: Currency.optional().describe('Those whose budget is in it'),
  budget: z.coerce
    .number()
    .pipe(Amount)
    .optional()
    .describe('Those that pay up to so much or more, in minor units of `currency`, which has to be given'),
  sort: z
    .enum(['newest', 'deadline', 'budget'])
    .default('newest')
    .describe('By `publishedAt`, `applyBy` or the budget’s `max`; the last needs `currency`'),
})
export type DiscoverCampaigns = z.output<typeof DiscoverCampaigns>
/** Of a brand, for its team: the last changed first. */
export const ListCampaigns = Page.extend({ brandId: BrandId, state: several(CampaignState), q: text(200).optional() })
export type ListCampaigns = z.output<typeof ListCampaigns>

/** How a campaign stands now. */
export const CampaignPlace = z.object({ campaignId: CampaignId, state: CampaignState, version: Revision })
/** How a campaign stands now. */
export type CampaignPlace = z.output<typeof CampaignPlace>
const Ref = z.object({ campaignId: CampaignId })

export const campaignCommands = {
  'campaign.create': { input: CreateCampaign, output: CampaignPlace, allow: 'runCampaigns' },
  'campaign.update': { input: UpdateCampaign, output: CampaignPlace, allow: 'runCampaigns' },
  /** Who may do which, its machine says. */
  'campaign.move': { input: MoveCampaign, output: CampaignPlace, allow: 'runCampaigns' },
  'campaign.copy': { input: CopyCampaign, output: CampaignPlace, allow: 'runCampaigns' },
  'campaign.invite': { input: InviteCreator, output: Ref, allow: 'runCampaigns' },
  'campaign.uninvite': { input: InviteCreator, output: Ref, allow: 'runCampaigns' },
  'campaign.save': { input: SaveCampaign, output: Ref, allow: 'apply' },
  'campaign.redeem': { input: RedeemCode, output: Ref, allow: 'apply' },
} as const satisfies Record<string, CommandDef>

/** In the campaign's room. */
export const campaignEvents = {
  'campaign.created': { version: 1, deal: z.object({ campaignId: CampaignId, brandId: BrandId }), personal: null },
  'campaign.changed': { version: 1, deal: z.object({ version: Revision, fields: z.array(z.string()) }), personal: null },
  'campaign.statusChanged': {
    version: 1,
    deal: z.object({ move: CampaignMove, from: CampaignState, to: CampaignState, version: Revision }),
    personal: z.object({ reason: z.string().nullable() }),
  },
  /** Its moment to open had come, and it could not stand before creators: `missing` names what it lacked, or what had passed. */
  'campaign.notOpened': { version: 1, deal: z.object({ missing: z.array(z.string()) }), personal: null },
} as const satisfies Record<string, EventDef>
