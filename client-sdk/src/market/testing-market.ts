import { type ApplicationState, nextApplication } from '../../contract/applications/machine.ts'
import type { ApplicationCard, ApplicationPlace, MoveApplication, MoveApplications, Moved } from '../../contract/applications/schema.ts'
import type { CampaignListing, SaveCampaign } from '../../contract/campaigns/schema.ts'
import type { ErrorCode } from '../../contract/errors.ts'
import type { ApplicationId, BrandId, CampaignId, CommandId, RoomId, UserId } from '../../contract/ids.ts'
import type { CommandName, Reply } from '../../contract/index.ts'
import type { Whisper } from '../../contract/whispers.ts'
import { FakeHub, refusal } from '../testing.ts'
import { applicationSorts, changed } from './sorts.ts'

const id = <T>(kind: string, n: number): T => `018f0000-0000-7000-8000-${kind}${String(n).padStart(10, '0')}` as T
const at = (second: number): string => new Date(Date.UTC(2026, 0, 1) + second * 1_000).toISOString()
export const brandId = id<BrandId>('b0', 1)
export const campaignId = id<CampaignId>('ca', 1)
const brand = { brandId, name: 'Fern' }
const creator = { userId: id<UserId>('e0', 1), name: 'Mia' }

/** What the hub has of campaigns and applications, in memory, by REST and by commands; what changes is whispered. */
export class FakeMarket {
  readonly hub = new FakeHub()
  readonly asked: string[] = []
  readonly applications = new Map<ApplicationId, ApplicationCard>()
  readonly campaigns = new Map<CampaignId, CampaignListing>()
  /** Command ids that took effect. */
  readonly done: CommandId[] = []
  /** How long an answer is on its way, in ms: it says what was so when it was asked. */
  latency = 1
  refusing: ErrorCode | null = null
  /** How long what changed is gathered before it is whispered, in ms. */
  pace = 0
  /** What other routes answer, by path. */
  answers: Record<string, unknown> = {}
  /** Refuses orders for good. */
  refuse: (name: CommandName) => ErrorCode | null = () => null
  readonly #replies = new Map<CommandId, Reply<object>>()
  #clock = 0
  readonly #unsaid = new Map<ApplicationId, ApplicationCard>()

  constructor() {
    this.hub.intercept = (name, input) => {
      if (!name.includes('.') || /^(room|chat|session|presence)\./.test(name)) return null
      const { commandId } = input as { commandId: CommandId }
      const reply = this.#replies.get(commandId) ?? this.#reply(name, input)
      this.#replies.set(commandId, reply)
      if (reply.ok && !this.done.includes(commandId)) this.done.push(commandId)
      return reply
    }
  }

  /** As the hub does: once, of the version that it is made for. */
  #reply(name: CommandName, input: object): Reply<object> {
    const code = this.refuse(name)
    if (code) return { ok: false, error: refusal(code) }
    const { campaignId, saved } = input as SaveCampaign
    const known = this.campaigns.get(campaignId)
    if (name === 'campaign.save' && known) this.campaigns.set(campaignId, { ...known, saved })
    if (name === 'application.move') return this.#moved(input as MoveApplication)
    return { ok: true, data: name === 'application.moveMany' ? this.#movedMany(input as MoveApplications) : { ...input } }
  }
  #moved({ applicationId, version, move }: Omit<MoveApplication, 'commandId'>): Reply<ApplicationPlace> {
    const card = this.applications.get(applicationId)!
    const state = nextApplication(card.state, move, move === 'withdraw' ? 'creator' : 'owner')
    const code = card.version !== version ? 'resource.stale' : state ? null : 'application.illegalMove'
    return code ? { ok: false, error: refusal(code) } : { ok: true, data: this.move(applicationId, state!) }
  }
  #movedMany({ applications, move }: MoveApplications): Moved {
    const all: Moved = { moved: [], refused: [] }
    for (const which of applications) {
      const reply = this.#moved({ ...which, move })
      if (reply.ok) all.moved.push(reply.data)
      else all.refused.push({ applicationId: which.applicationId, code: reply.error.code })
    }
    return all
  }

  /** A new application; it is returned as everybody sees it. */
  submit(more: Partial<ApplicationCard> = {}): ApplicationCard {
    const now = at(++this.#clock)
    const applicationId = id<ApplicationId>('ab', this.#clock)
    const about = { applicationId, campaignId, title: 'Autumn', brand, creator, roomId: id<RoomId>('f0', this.#clock) }
    return this.#tell({ ...about, state: 'submitted', version: 1, hasTerms: false, submittedAt: now, changedAt: now, ...more })
  }
  move(applicationId: ApplicationId, state: ApplicationState): ApplicationCard {
    const card = this.applications.get(applicationId)!
    return this.#tell({ ...card, state, version: card.version + 1, changedAt: at(++this.#clock) })
  }
  #tell(card: ApplicationCard): ApplicationCard {
    this.applications.set(card.applicationId, card)
    this.#sayOf(card)
    return card
  }

  publish(more: Partial<CampaignListing> = {}): CampaignListing {
    const now = at(++this.#clock)
    const lists = { platforms: ['video'], categories: ['food'], territories: ['DE'], languages: ['de'] }
    const rest = { budget: null, creators: null, visibility: 'public', applyBy: null, decideBy: null, publishedAt: now } as const
    const about = {
      campaignId: id<CampaignId>('ca', this.#clock),
      brand,
      title: `Campaign ${this.#clock}`,
      saved: false,
      applicationId: null,
    }
    return this.change({ ...about, state: 'open', version: 0, ...lists, ...rest, changedAt: now, ...more })
  }
  change(campaign: CampaignListing, more: Partial<CampaignListing> = {}): CampaignListing {
    const now = { ...campaign, ...more, version: campaign.version + 1, changedAt: at(++this.#clock) }
    const { saved: _saved, applicationId: _application, ...card } = now
    this.campaigns.set(now.campaignId, now)
    this.say({ campaigns: [card] })
    return now
  }

  say(said: Partial<Whisper<'lists.changed'>>): void {
    this.hub.whisper('lists.changed', { campaigns: [], applications: [], brands: [], ...said })
  }
  /** At once, or, as the hub does, after a while the newest of each. */
  #sayOf(card: ApplicationCard): void {
    const flush = () => {
      this.say({ applications: [...this.#unsaid.values()] })
      this.#unsaid.clear()
    }
    if (this.#unsaid.size === 0 && this.pace > 0) setTimeout(flush, this.pace)
    this.#unsaid.set(card.applicationId, card)
    if (this.pace === 0) flush()
  }

  readonly fetch = async (url: unknown, init?: RequestInit): Promise<Response> => {
    const { pathname, search, searchParams } = new URL(String(url))
    const path = pathname.replace('/api/v1', '')
    this.asked.push(`${init?.method && init.method !== 'GET' ? `${init.method} ` : ''}${path}${search}`)
    const body = this.refusing
      ? { ...refusal(this.refusing), retryable: this.refusing === 'server.unavailable' }
      : this.#read(path, searchParams)
    const text = JSON.stringify(init?.method === 'PUT' ? JSON.parse(String(init.body)) : body)
    await new Promise((done) => setTimeout(done, this.latency))
    return new Response(text, { status: this.refusing ? 503 : 200 })
  }

  #read(path: string, query: URLSearchParams): object {
    if (path in this.answers) return this.answers[path] as object
    if (path.endsWith('/board')) return this.#board()
    if (path.endsWith('/applications') || path === '/applications') {
      const sort = applicationSorts[(query.get('sort') ?? 'newest') as 'newest']
      const states = query.getAll('state')
      const cards = [...this.applications.values()].filter(({ state }) => states.length === 0 || states.includes(state))
      return pageOf(
        cards.sort(sort),
        query,
        ({ applicationId }) => applicationId,
        sort,
        (key) => this.applications.get(key as ApplicationId)!,
      )
    }
    const states = path === '/campaigns' ? ['open'] : query.getAll('state')
    const isWanted = (card: CampaignListing) =>
      (states.length === 0 || states.includes(card.state)) &&
      (path !== '/me/saved-campaigns' || card.saved) &&
      query.getAll('platform').every((platform) => card.platforms.includes(platform))
    const cards = [...this.campaigns.values()].filter(isWanted).sort(changed)
    return pageOf(
      cards,
      query,
      (card) => card.campaignId,
      changed,
      (key) => this.campaigns.get(key as CampaignId)!,
    )
  }

  /** Two cards of each column. */
  #board(): object {
    const cards = [...this.applications.values()].sort(applicationSorts.newest)
    const columns = [...Map.groupBy(cards, ({ state }) => state)].map(([state, its]) => {
      const items = its.slice(0, 2)
      return { state, count: its.length, items, cursor: its.length > 2 ? items.at(-1)!.applicationId : null }
    })
    return { columns }
  }
}

/** `cursor`: the id of the last item before. */
function pageOf<T>(
  all: T[],
  query: URLSearchParams,
  idOf: (item: T) => string,
  sort: (a: T, b: T) => number,
  find: (id: string) => T,
): object {
  const cursor = query.get('cursor')
  const limit = Number(query.get('limit') ?? 20)
  const rest = cursor === null ? all : all.filter((item) => sort(item, find(cursor)) > 0)
  return { items: rest.slice(0, limit), cursor: rest.length > limit ? idOf(rest[limit - 1]!) : null }
}
