import type pg from 'pg'
import {
  type ApplicationId,
  type ApplicationPlace,
  type ApplicationState,
  type BrandId,
  type CampaignFields,
  type CampaignId,
  type Envelope,
  type RoomId,
  SubmitApplication,
  type Terms,
} from '../../client-sdk/contract/index.ts'
import { makeTeam, type Team } from '../brands/testing.ts'
import { createCampaign } from '../campaigns/create-campaign.ts'
import { moveCampaign } from '../campaigns/move-campaign.ts'
import { inDays } from '../campaigns/testing.ts'
import { commandId, type TestPerson, type World } from '../testing.ts'
import { submitApplication } from './submit-application.ts'

export type Opening = Team & { campaignId: CampaignId; roomId: RoomId }

/** A campaign that takes applications, of a brand with a team. */
export async function openCampaign(w: World, { team, ...fields }: { team?: Team } & Partial<CampaignFields> = {}): Promise<Opening> {
  const its = team ?? (await makeTeam(w))
  const said = { title: 'Autumn', brief: 'Show it', platforms: ['instagram'], applyBy: inDays(7), decideBy: inDays(14), ...fields }
  const { campaignId, version } = await createCampaign(w.as(its.owner), { commandId: commandId(), brandId: its.brandId, ...said })
  await moveCampaign(w.as(its.owner), { commandId: commandId(), campaignId, version, move: 'publish' })
  const { rows } = await w.db.pool.query<{ room_id: RoomId }>('select room_id from campaign where id = $1', [campaignId])
  return { ...its, campaignId, roomId: rows[0]!.room_id }
}

export const submission = (campaignId: CampaignId, more: Partial<SubmitApplication> = {}): SubmitApplication =>
  SubmitApplication.parse({ commandId: commandId(), campaignId, cover: 'I would love to', ...more })
export const apply = (
  w: World,
  creator: TestPerson,
  campaignId: CampaignId,
  more?: Partial<SubmitApplication>,
): Promise<ApplicationPlace> => submitApplication(w.as(creator), submission(campaignId, more))

export const terms: Terms = {
  fee: { amount: 90_000, currency: 'EUR' },
  deliverables: [{ platform: 'instagram', format: 'reel', count: 2, due: null }],
  usage: { channels: ['social'], territories: ['001'], months: 12 },
  exclusivity: null,
  revisionRounds: 1,
  payments: [{ amount: 90_000, due: 'onApproval' }],
  clauses: [],
  nonce: '0123456789abcdef0123456789abcdef',
}

/** A stream's events as they are. */
export const eventsOf = async (w: World, streamId: RoomId): Promise<Envelope[]> => (await w.db.log.readAfter(streamId, 0, 500)).events

/** How many applications there are in each state, as it is counted, and as it is. */
export async function countsOf(
  w: World,
  campaignId: CampaignId,
): Promise<{ counted: Record<string, number>; real: Record<string, number> }> {
  const asked = async (sql: string) =>
    Object.fromEntries((await w.db.pool.query<{ state: string; n: number }>(sql, [campaignId])).rows.map(({ state, n }) => [state, n]))
  return {
    counted: await asked('select state, n from application_count where campaign_id = $1 and n <> 0'),
    real: await asked('select state, count(*)::int as n from application where campaign_id = $1 group by 1'),
  }
}

/** Puts a campaign's deadlines, or one of them, into the past, behind the program's back. */
export const pass = (superuser: pg.Client, campaignId: CampaignId, ...which: ('apply_by' | 'decide_by')[]): Promise<unknown> =>
  superuser.query(`update parley.campaign set ${which.map((name) => `${name} = now() - interval '1 second'`).join()} where id = $1`, [
    campaignId,
  ])

export const versionOf = async (w: World, id: ApplicationId): Promise<number> =>
  (await w.db.pool.query<{ version: number }>('select version from application where id = $1', [id])).rows[0]!.version
export const membersOf = async (w: World, roomId: RoomId): Promise<string[]> =>
  (await w.db.pool.query<{ role: string }>('select role from active_member where room_id = $1 order by role', [roomId])).rows.map(
    ({ role }) => role,
  )

type Fill = {
  brandId: BrandId
  campaigns: readonly CampaignId[]
  perCampaign: number
  states?: readonly ApplicationState[]
  seconds?: number
}
/**
 * Rows of applications, by so many creators to each of the campaigns, straight into the tables: for lists, which look at nothing
 * else. Submitted and changed within so many whole seconds, so that many are at the same time.
 */
export async function fill(
  superuser: pg.Client,
  { brandId, campaigns, perCampaign, states = ['submitted'], seconds = 60 }: Fill,
): Promise<void> {
  await superuser.query(
    'set search_path = parley; create temp table if not exists filled (campaign_id uuid, creator_id uuid, room_id uuid)',
  )
  await superuser.query('truncate filled')
  await superuser.query(
    `with p as (insert into stream (id, kind, last_hash) select gen_random_uuid(), 'user', '' from generate_series(1, $1) returning id),
          q as (insert into person (id, email, name, role, password_hash) select id, id || '@example.com', 'c', 'creator', '' from p returning id)
     insert into filled select c, q.id, gen_random_uuid() from q cross join unnest($2::uuid[]) as c`,
    [perCampaign, campaigns],
  )
  await superuser.query(`insert into stream (id, kind, last_hash) select room_id, 'room', '' from filled`)
  await superuser.query(`insert into room (id, kind, brand_id) select room_id, 'application', $1 from filled`, [brandId])
  await superuser.query(
    `insert into application (brand_id, id, campaign_id, creator_id, room_id, state, version, has_terms, submitted, submitted_at, changed_at)
     select $1, gen_random_uuid(), campaign_id, creator_id, room_id, ($2::text[])[1 + floor(random() * $3)], 1, false, 2,
            timestamptz '2026-01-01' + interval '1 second' * floor(random() * $4), timestamptz '2026-02-01' + interval '1 second' * floor(random() * $4)
       from filled`,
    [brandId, states, states.length, seconds],
  )
  await superuser.query(
    `insert into application_count select campaign_id, state, count(*) from application where campaign_id = any($1) group by 1, 2
     on conflict (campaign_id, state) do update set n = excluded.n`,
    [campaigns],
  )
}
