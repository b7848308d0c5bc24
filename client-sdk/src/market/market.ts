import * as applications from '../../contract/applications/machine.ts'
import { nextCampaignMoves } from '../../contract/campaigns/machine.ts'
import type { Catalogue } from '../../contract/catalogue/schema.ts'
import type { Output } from '../../contract/index.ts'
import type { ChangeSettings, PersonSettings } from '../../contract/people/schema.ts'
import { type MarketRule, mayAs } from '../../contract/permissions.ts'
import type { Profile, ProfileFields } from '../../contract/profiles/schema.ts'
import type { Role } from '../../contract/roles.ts'
import type { Whisper } from '../../contract/whispers.ts'
import type { Parley } from '../parley.ts'
import { portsOf } from '../ports.ts'
import { malformed } from '../shapes.ts'
import { type Applications, applicationsOn } from './applications.ts'
import { type Brands, brandsOn } from './brands.ts'
import { type Campaigns, campaignsOn } from './campaigns.ts'
import { Expected } from './expected.ts'
import type { MarketHost } from './host.ts'
import type { Followed } from './live.ts'
import { Orders } from './orders.ts'
import { pathOf } from './paths.ts'
import type { Said } from './said.ts'
import { isApplicationCard, isCampaignCard, isCatalogue, isProfile, isSettings } from './shapes.ts'

export type { ApplicationActor, ApplicationMove, ApplicationState } from '../../contract/applications/machine.ts'
export type { AnswerTo, Application, ApplicationCard, ApplicationPlace, Moved } from '../../contract/applications/schema.ts'
export type { Brand, BrandCard, BrandFields, BrandPlace, Invitation, TeamMember } from '../../contract/brands/schema.ts'
export type { CampaignActor, CampaignMove, CampaignState } from '../../contract/campaigns/machine.ts'
export type {
  Budget,
  Campaign,
  CampaignCard,
  CampaignFields,
  CampaignListing,
  CampaignPlace,
  Question,
  Visibility,
  WantedWork,
} from '../../contract/campaigns/schema.ts'
export type { Catalogue, CatalogueEntry } from '../../contract/catalogue/schema.ts'
export type { Terms } from '../../contract/offers/schema.ts'
export type { ChangeSettings, PersonSettings } from '../../contract/people/schema.ts'
export type { MarketRule } from '../../contract/permissions.ts'
export type { Channel, PortfolioLink, Profile, ProfileFields, Rate } from '../../contract/profiles/schema.ts'
export type { TeamRole } from '../../contract/roles.ts'
export type { Applications, NewApplication } from './applications.ts'
export type { BoardColumn, BoardView, LiveBoard } from './board.ts'
export type { BrandRef, Brands } from './brands.ts'
export type { Campaigns } from './campaigns.ts'
export type { ApplicationFilter, CampaignFilter, DiscoverFilter } from './filters.ts'
export type { Versioned } from './host.ts'
export type { ListView, LiveList } from './list.ts'
export type { ApplicationRef, CampaignRef, Deadlines } from './moves.ts'
export type { Pending } from './said.ts'
export { nextCampaignMoves }

/** The moves of an application that can be ordered here. Those that offers and deliveries make are not among them. */
const ordered = ['shortlist', 'decline', 'withdraw', 'cancel.request', 'cancel.revoke', 'cancel.confirm'] as const
/** What somebody may do with an application as it stands. */
export const nextApplicationMoves = (from: applications.ApplicationState, by: applications.ApplicationActor): (typeof ordered)[number][] =>
  ordered.filter((move) => applications.nextApplication(from, move, by) !== null)

/** What creators show of themselves. */
export interface Profiles {
  /** Our own; its `version` is 0 until it is first filled in. */
  get(): Promise<Profile>
  /** All of it: what is left out becomes empty. `version`: of what it is a change. */
  put(fields: Partial<ProfileFields>, version: number): Promise<Output<'profile.put'>>
  /** A creator's, for brands that they have to do with. */
  of(userId: string): Promise<Profile>
}
/** What we want for ourselves. */
export interface Settings {
  /** As they are. */
  get(): Promise<PersonSettings>
  /** What is left out stays. */
  put(settings: ChangeSettings): Promise<PersonSettings>
}
/** Campaigns and who bids on them. What is asked by REST rejects offline with `server.unavailable`; orders wait for the connection. */
export interface Market {
  readonly campaigns: Campaigns
  readonly applications: Applications
  readonly brands: Brands
  readonly profile: Profiles
  readonly settings: Settings
  /** The platforms and categories that there are to choose from. */
  catalogue(): Promise<Catalogue>
  /** May somebody who is this to a brand, a campaign or an application (`me` of each) do that with it? */
  can(rule: MarketRule, role: Role): boolean
}

const markets = new WeakMap<Parley, Market>()
/** The market of a client: the same object each time. It ends with the client. */
export function openMarket(parley: Parley): Market {
  const market = markets.get(parley) ?? newMarket(parley)
  markets.set(parley, market)
  return market
}

function newMarket(parley: Parley): Market {
  const ports = portsOf(parley)
  const orders = new Orders(ports)
  const followed = new Set<Followed>()
  const each = (run: (list: Followed) => void) => {
    for (const list of [...followed]) run(list)
  }
  const tell = (...said: Said[]) => {
    expected.hear(said)
    each((list) => list.hear(said))
  }
  const reread = () => each((list) => void list.reread())
  const expected = new Expected({ show: () => each((list) => list.show()), tell, reread })
  const { backoff, onError } = ports
  const host: MarketHost = { ports, orders, followed, expected, backoff, onError, tell }
  ports.join({
    online: () => {
      orders.online()
      expected.online()
      reread()
    },
    hear: (whisper) => tell(...saidIn(whisper, onError)),
    stop: (reason) => {
      orders.stop(reason)
      each((list) => list.stop())
    },
  })
  const settings = pathOf(['me', 'settings'])
  return {
    campaigns: campaignsOn(host),
    applications: applicationsOn(host, (roomId) => parley.room(roomId)),
    brands: brandsOn(host),
    profile: {
      get: () => ports.get(pathOf(['me', 'profile']), isProfile),
      put: (fields, version) => orders.order('profile.put', { ...fields, version }),
      of: (userId) => ports.get(pathOf(['creators', userId]), isProfile),
    },
    settings: {
      get: () => ports.get(settings, isSettings),
      put: (wanted) => orders.insist(() => ports.put(settings, wanted, isSettings)),
    },
    catalogue: () => ports.get(pathOf(['catalogue']), isCatalogue),
    can: mayAs,
  }
}

/** A card that is none is left out, and `onError` hears of it. */
function saidIn({ campaigns, applications, brands }: Whisper<'lists.changed'>, onError: (error: unknown) => void): Said[] {
  const said: Said[] = [
    ...campaigns.filter(isCampaignCard).map((campaign) => ({ campaign })),
    ...applications.filter(isApplicationCard).map((application) => ({ application })),
    ...brands.map((brand) => ({ brand })),
  ]
  if (said.length < campaigns.length + applications.length + brands.length) onError(malformed('lists.changed'))
  return said
}
