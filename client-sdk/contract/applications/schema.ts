import { z } from 'zod'
import { BrandCard } from '../brands/schema.ts'
import { Command, type CommandDef, type EventDef, Instant, text } from '../define.ts'
import { type ErrorCode, errors } from '../errors.ts'
import { ApplicationId, BrandId, CampaignId, RoomId, UserId } from '../ids.ts'
import { Page, pageOf, Revision, several } from '../listing.ts'
import { Terms } from '../offers/schema.ts'
import { Role } from '../roles.ts'
import { applicationMoves, applicationStates } from './machine.ts'

export const ApplicationState = z.enum(applicationStates)
export type ApplicationState = z.output<typeof ApplicationState>
export const ApplicationMove = z.enum(applicationMoves)
export type ApplicationMove = z.output<typeof ApplicationMove>

/** An application as lists and boards show it, the same for both sides. */
export const ApplicationCard = z.object({
  applicationId: ApplicationId,
  campaignId: CampaignId,
  title: z.string(),
  brand: BrandCard,
  creator: z.object({ userId: UserId, name: z.string() }),
  state: ApplicationState,
  version: Revision,
  roomId: RoomId,
  hasTerms: z.boolean().describe('It came with terms'),
  submittedAt: Instant,
  changedAt: Instant,
})
export type ApplicationCard = z.output<typeof ApplicationCard>
/** `key`: of the campaign's question. */
export const AnswerTo = z.object({ key: z.string().describe('Of the campaign’s question'), text: text(2_000) })
export type AnswerTo = z.output<typeof AnswerTo>
/** As it was asked, and as it was answered. */
const Answered = AnswerTo.extend({ question: z.string() })
/** All of it. `cover` and `answers` are null once erased. `reason`: said with the last move; null where nothing was, or once erased. `notesRoomId` is the team's alone, and null until notes were opened. */
export const Application = ApplicationCard.extend({
  cover: z.string().nullable(),
  answers: z.array(Answered).nullable(),
  terms: z.object(Terms.shape).nullable(),
  reason: z.string().nullable(),
  decideBy: Instant.nullable(),
  me: Role,
  notesRoomId: RoomId.nullable().describe('Of the team’s own notes, which it alone sees; null until they were opened'),
})
export type Application = z.output<typeof Application>

export const SubmitApplication = Command.extend({
  campaignId: CampaignId,
  cover: text(4_000),
  answers: z
    .array(AnswerTo)
    .max(20)
    .refine((all) => new Set(all.map(({ key }) => key)).size === all.length, 'answers a question twice')
    .default([]),
  terms: Terms.nullable().default(null),
})
export type SubmitApplication = z.output<typeof SubmitApplication>
const Which = z.object({ applicationId: ApplicationId, version: Revision })
const reason = text(1_000).optional()
export const MoveApplication = Command.extend({
  ...Which.shape,
  move: ApplicationMove.extract(['shortlist', 'decline', 'withdraw', 'cancel.request', 'cancel.revoke', 'cancel.confirm']),
  reason,
})
export type MoveApplication = z.output<typeof MoveApplication>
/** Each by itself: one that is refused holds up no other. */
export const MoveApplications = Command.extend({
  campaignId: CampaignId,
  move: ApplicationMove.extract(['shortlist', 'decline']),
  reason,
  applications: z
    .array(Which)
    .min(1)
    .max(100)
    .refine((all) => new Set(all.map(({ applicationId }) => applicationId)).size === all.length, 'has one twice'),
})
export type MoveApplications = z.output<typeof MoveApplications>
export const OpenNotes = Command.extend({ applicationId: ApplicationId })
export type OpenNotes = z.output<typeof OpenNotes>

export const ApplicationSort = z.enum(['newest', 'oldest', 'changed'])
const filter = { state: several(ApplicationState), sort: ApplicationSort.default('newest') }
export const ListApplications = Page.extend({ campaignId: CampaignId, ...filter })
export type ListApplications = z.output<typeof ListApplications>
/** Over all of a brand's campaigns. */
export const ListBrandApplications = Page.extend({ brandId: BrandId, ...filter })
export type ListBrandApplications = z.output<typeof ListBrandApplications>
/** The caller's own, as a creator. */
export const ListMyApplications = Page.extend(filter)
export type ListMyApplications = z.output<typeof ListMyApplications>
/** Of each state that has any: how many, and the first of them. */
export const Board = z.object({
  columns: z.array(z.object({ state: ApplicationState, count: z.int().nonnegative(), ...pageOf(ApplicationCard).shape })),
})
export type Board = z.output<typeof Board>

/** How an application stands now, and where it is talked about. */
export const ApplicationPlace = z.object({ ...Which.shape, state: ApplicationState, roomId: RoomId })
/** How an application stands now, and where it is talked about. */
export type ApplicationPlace = z.output<typeof ApplicationPlace>
/** What became of each: where it stands, or why not. */
export const Moved = z.object({
  moved: z.array(ApplicationPlace),
  refused: z.array(z.object({ applicationId: ApplicationId, code: z.enum(Object.keys(errors) as [ErrorCode, ...ErrorCode[]]) })),
})
export type Moved = z.output<typeof Moved>

export const applicationCommands = {
  'application.submit': { input: SubmitApplication, output: ApplicationPlace, allow: 'apply' },
  /** Who may do which, its machine says. */
  'application.move': { input: MoveApplication, output: ApplicationPlace, allow: 'moveApplication' },
  'application.moveMany': { input: MoveApplications, output: Moved, allow: 'decide' },
  /** The team's own room about an application, made when it is first asked for. */
  'application.openNotes': { input: OpenNotes, output: z.object({ roomId: RoomId }), allow: 'decide' },
} as const satisfies Record<string, CommandDef>

const Free = z.object({ cover: z.string(), answers: z.array(Answered) })
/** In the application's room. */
export const applicationEvents = {
  'application.submitted': {
    version: 1,
    deal: z.object({ applicationId: ApplicationId, campaignId: CampaignId }),
    personal: Free,
  },
  'application.statusChanged': {
    version: 1,
    deal: z.object({ move: ApplicationMove, from: ApplicationState, to: ApplicationState, version: Revision }),
    personal: z.object({ reason: z.string().nullable() }),
  },
  /** `waiting`: nobody has decided for days. `closing`: the time to decide is nearly over. */
  'application.reminded': {
    version: 1,
    deal: z.object({ kind: z.enum(['waiting', 'closing']), to: z.literal('brand') }),
    personal: null,
  },
} as const satisfies Record<string, EventDef>
