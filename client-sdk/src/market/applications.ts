import type {
  AnswerTo,
  Application,
  ApplicationCard,
  ApplicationPlace,
  MoveApplications,
  Moved,
} from '../../contract/applications/schema.ts'
import type { Terms } from '../../contract/offers/schema.ts'
import type { Room } from '../room.ts'
import { BoardClient, type LiveBoard } from './board.ts'
import type { ApplicationFilter } from './filters.ts'
import { type MarketHost, pagesOf, telling } from './host.ts'
import { ListClient, type LiveList } from './list.ts'
import { applicationsOf, type Owner } from './list-kinds.ts'
import { type ApplicationRef, moveApplication, moveApplications } from './moves.ts'
import { pathOf } from './paths.ts'
import type { Pending } from './said.ts'
import { isApplication, isApplications, isBoard } from './shapes.ts'

/** What a creator says with an application. `answers` name the campaign's questions by their keys. */
export type NewApplication = { readonly cover: string; readonly answers?: AnswerTo[]; readonly terms?: Terms | null }

/** Applications. What is moved is moved from the version that was read: if it is another by now, that rejects with `resource.stale`. */
export interface Applications {
  /** Applies to a campaign; once only, so again it rejects with `application.exists`. */
  submit(campaignId: string, application: NewApplication): Promise<ApplicationPlace>
  /** All of an application, for both sides. */
  get(applicationId: string): Promise<Application>
  /** For the brand: one to look at again. */
  shortlist(application: ApplicationRef): Promise<ApplicationPlace>
  /** For the brand: not this one. */
  decline(application: ApplicationRef, reason?: string): Promise<ApplicationPlace>
  /** For the creator: no longer. */
  withdraw(application: ApplicationRef, reason?: string): Promise<ApplicationPlace>
  /** Asks to cancel what is agreed: the other side has to consent. */
  requestCancel(application: ApplicationRef, reason?: string): Promise<ApplicationPlace>
  /** Takes that back. */
  revokeCancel(application: ApplicationRef, reason?: string): Promise<ApplicationPlace>
  /** Consents to what the other side has asked for: it is cancelled. */
  confirmCancel(application: ApplicationRef, reason?: string): Promise<ApplicationPlace>
  /** Each by itself: one that is refused holds up no other. */
  moveMany(campaignId: string, move: MoveApplications['move'], applications: readonly ApplicationRef[], reason?: string): Promise<Moved>
  /** The room in which the team alone talks about an application, made when it is first asked for. It is not joined by this. */
  openNotes(applicationId: string): Promise<Room>
  /** Our own, as a creator. */
  mine(filter?: ApplicationFilter): LiveList<Pending<ApplicationCard>>
  /** To a campaign, for its brand's team. */
  ofCampaign(campaignId: string, filter?: ApplicationFilter): LiveList<Pending<ApplicationCard>>
  /** Over all of a brand's campaigns, for its team. */
  ofBrand(brandId: string, filter?: ApplicationFilter): LiveList<Pending<ApplicationCard>>
  /** To a campaign, by their states. */
  board(campaignId: string): LiveBoard
}

export function applicationsOn(host: MarketHost, room: (roomId: string) => Room): Applications {
  const { orders, ports } = host
  const list = (owner: Owner, parts: readonly string[], filter: ApplicationFilter = {}) =>
    new ListClient(host, applicationsOf(pagesOf(host, isApplications, parts, filter), owner, filter))
  return {
    submit: (campaignId, application) =>
      telling(host, orders.order('application.submit', { ...application, campaignId }), { done: 'application' }, { done: 'listing' }),
    get: (applicationId) => ports.get(pathOf(['applications', applicationId]), isApplication),
    shortlist: (application) => moveApplication(host, 'shortlist', application),
    decline: (application, reason) => moveApplication(host, 'decline', application, reason),
    withdraw: (application, reason) => moveApplication(host, 'withdraw', application, reason),
    requestCancel: (application, reason) => moveApplication(host, 'cancel.request', application, reason),
    revokeCancel: (application, reason) => moveApplication(host, 'cancel.revoke', application, reason),
    confirmCancel: (application, reason) => moveApplication(host, 'cancel.confirm', application, reason),
    moveMany: (campaignId, how, applications, reason) => moveApplications(host, { campaignId, move: how, reason }, applications),
    openNotes: async (applicationId) => room((await orders.order('application.openNotes', { applicationId })).roomId),
    mine: (filter) => list(null, ['applications'], filter),
    ofCampaign: (campaignId, filter) => list({ campaignId }, ['campaigns', campaignId, 'applications'], filter),
    ofBrand: (brandId, filter) => list({ brandId }, ['brands', brandId, 'applications'], filter),
    board: (campaignId) =>
      new BoardClient(host, {
        campaignId,
        board: () => ports.get(pathOf(['campaigns', campaignId, 'board']), isBoard),
        page: (state, cursor) => pagesOf(host, isApplications, ['campaigns', campaignId, 'applications'], { state })(cursor, null),
      }),
  }
}
