import type { EntityManager } from '@mikro-orm/postgresql'
import {
  may,
  newId,
  ParleyError,
  type PlatformRole,
  type PlatformRule,
  type SessionId,
  SYSTEM,
  type UserId,
} from '../client-sdk/contract/index.ts'
import type { Signer } from '../persistence/checkpoints.ts'
import type { Database } from '../persistence/database.ts'
import type { EventLog } from '../persistence/event-log.ts'
import { KnownCatalogue } from './catalogue/known-catalogue.ts'
import { OwnWords } from './chat/own-words.ts'
import type { Limits } from './limits.ts'
import type { Links } from './mail/render.ts'
import type { WorkflowAdmin } from './ports.ts'
import { Standings } from './rooms/standings.ts'
import type { Tokens } from './sessions/tokens.ts'

/** Who is asking, as their access token says. */
export type SessionInfo = { sessionId: SessionId; userId: UserId; role: PlatformRole; endsAt: Date }

/** `sessionDays`: how long a session can be renewed. `signer`: what the hub swears to, it signs with this. `workflows`: null where there is no Temporal. */
type Parts = { tokens: Tokens; limits: Limits; sessionDays: number; signer: Signer; links: Links; workflows: WorkflowAdmin | null }
/** One process's shared parts. */
export type House = Parts & { db: Database; standings: Standings; ownWords: OwnWords; catalogue: KnownCatalogue; now(): Date }

/** One request: made fresh for each command, REST call or activity, and never kept. */
export type Ctx = Parts & {
  em: EntityManager
  db: Database
  log: EventLog
  standings: Standings
  ownWords: OwnWords
  catalogue: KnownCatalogue
  requestId: string
  /** Null before anybody has signed in, and for the system. */
  session: SessionInfo | null
  /** True for what the platform does by itself: the seed, deadlines. */
  system: boolean
  now(): Date
}

/** Numbers within this process; the log lines carry them, and errors, so that the two can be matched. */
let requests = 0
const process = newId<string>().slice(-6)
export const nextRequestId = () => `${process}-${(requests++).toString(36)}`

/** Whoever mails nobody, and looks after no slow work, need not say where mails lead, and who does that. */
type Given = Omit<Parts, 'links' | 'workflows'> & Partial<Pick<Parts, 'links' | 'workflows'>>
const NOWHERE: Links = { publicUrl: 'http://localhost', app: null }

export const house = (db: Database, parts: Given, now = () => new Date()): House => ({
  links: NOWHERE,
  workflows: null,
  ...parts,
  db,
  standings: new Standings(),
  ownWords: new OwnWords(db.pool),
  catalogue: new KnownCatalogue(db),
  now,
})

/** A class, since it is made for each command, and the parts it shares are looked up rather than copied. */
class Request implements Ctx {
  readonly #house: House
  #em: EntityManager | undefined
  session: SessionInfo | null
  readonly requestId: string
  readonly system: boolean

  constructor(h: House, session: SessionInfo | null, requestId: string, system: boolean) {
    this.#house = h
    this.session = session
    this.requestId = requestId
    this.system = system
  }
  /** Most chat commands never touch an entity, so the fork is made when it is first asked for. */
  get em() {
    this.#em ??= this.#house.db.orm.em.fork()
    return this.#em
  }
  get db() {
    return this.#house.db
  }
  get log() {
    return this.#house.db.log
  }
  get standings() {
    return this.#house.standings
  }
  get ownWords() {
    return this.#house.ownWords
  }
  get catalogue() {
    return this.#house.catalogue
  }
  get tokens() {
    return this.#house.tokens
  }
  get limits() {
    return this.#house.limits
  }
  get links() {
    return this.#house.links
  }
  get workflows() {
    return this.#house.workflows
  }
  get signer() {
    return this.#house.signer
  }
  get sessionDays() {
    return this.#house.sessionDays
  }
  now() {
    return this.#house.now()
  }
}

export const context = (h: House, session: SessionInfo | null, requestId = nextRequestId()): Ctx =>
  new Request(h, session, requestId, false)

export const systemContext = (h: House): Ctx => new Request(h, null, nextRequestId(), true)

/** The caller; throws `session.required` where nobody is signed in. */
export function caller(ctx: Ctx): SessionInfo {
  if (!ctx.session) throw new ParleyError('session.required', 'Sign in first')
  return ctx.session
}

/** Throws `access.denied` where the caller's role on the platform does not allow that; the platform itself may. */
export function demand(ctx: Ctx, rule: PlatformRule): void {
  if (!ctx.system && !may(rule, caller(ctx).role)) throw new ParleyError('access.denied', 'Your role does not allow that')
}

/** Whose command it is: a person's or the platform's own. */
export const commander = (ctx: Ctx): UserId | typeof SYSTEM => (ctx.system ? SYSTEM : caller(ctx).userId)
