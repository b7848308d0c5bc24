import type pg from 'pg'
import type { BrandId, CampaignId } from '../client-sdk/contract/index.ts'
import { withoutIndexes } from './bulk.ts'
import type { BenchPerson } from './fixtures.ts'

/** Each brand has so many campaigns, each of them so many applications: so a person's own share is the same, however many there are. */
export const CAMPAIGNS = 100
export const APPLICATIONS = 10
/** Creators, for each brand: so each has as many applications as a brand has campaigns. */
const CREATORS = APPLICATIONS
/** In order of place in a campaign. */
const STATES = [
  'submitted',
  'submitted',
  'submitted',
  'submitted',
  'shortlisted',
  'shortlisted',
  'negotiating',
  'agreed',
  'declined',
  'withdrawn',
]

/** Whose market it is: the first brand's owner and its first creator, who have sessions. */
export type Market = { owner: BenchPerson; creator: BenchPerson; brandId: BrandId; campaignId: CampaignId }

/**
 * Writes so many brands with all that is theirs, past the use cases and the log's door, in bulk: rooms have their first event, which
 * gives their title, and a chain that does not hold. `words`: what campaigns say, as persistence/search/words.ts has it; the first is
 * what one campaign alone says, in the middle.
 */
export async function fillMarket(
  client: pg.Client,
  brands: number,
  people: Pick<Market, 'owner' | 'creator'>,
  words: readonly string[],
): Promise<Market> {
  const ask = (text: string, values: unknown[] = []) => client.query(text, values)
  await ask(
    `create function id(kind text, n bigint) returns uuid language sql immutable as $$ select overlay(overlay(md5(kind || n) placing '8' from 13) placing 'a' from 17)::uuid $$`,
  )
  await ask(
    `create temp table who as select 'owner' as kind, b, case when b = 0 then $2::uuid else id('owner', b) end as id from generate_series(0, $1::int - 1) b
     union all select 'creator', k, case when k = 0 then $3::uuid else id('creator', k) end from generate_series(0, $1::int * ${CREATORS} - 1) k`,
    [brands, people.owner.userId, people.creator.userId],
  )
  await ask('create unique index on who (kind, b)')
  await ask(
    `insert into person (id, email, name, role, password_hash)
     select id, id || '@example.com', kind || ' ' || b, case kind when 'owner' then 'brand' else 'creator' end, 'none' from who on conflict do nothing`,
  )
  await ask(`select create_stream(id('brand', b), 'brand') from generate_series(0, $1::int - 1) b`, [brands])
  await ask(
    `insert into brand (id, version, name, created_at) select id('brand', b), 1, 'Brand ' || b, now() from generate_series(0, $1::int - 1) b`,
    [brands],
  )
  await ask(
    `insert into team_member (brand_id, actor_key, user_id, role, since) select id('brand', b), gen_random_uuid(), id, 'owner', now() from who where kind = 'owner'`,
  )
  await withoutIndexes(client, ['campaign', 'application', 'event', 'member', 'reading', 'room'], async () => {
    await fillCampaigns(ask, brands * CAMPAIGNS, words)
    await fillApplications(ask, brands)
    await fillRooms(ask)
  })
  const { rows } = await ask(`select id('brand', 0) as brand, id('campaign', 0) as campaign`)
  await ask('drop function id(text, bigint)')
  return { ...people, brandId: rows[0].brand as BrandId, campaignId: rows[0].campaign as CampaignId }
}

type Ask = (text: string, values?: unknown[]) => Promise<pg.QueryResult>

/** Seven of ten are open for everybody; the newest was published a moment ago, each of the others a minute before the next. */
async function fillCampaigns(ask: Ask, count: number, words: readonly string[]): Promise<void> {
  await ask(
    `insert into campaign (brand_id, id, room_id, state, version, title, goals, deliverables, platforms, categories, territories, languages,
                           budget_min, budget_max, currency, apply_by, decide_by, visibility, questions, code, words, created_at, published_at, changed_at)
     select id('brand', c / ${CAMPAIGNS}), id('campaign', c), id('campaign-room', c),
            (array['open', 'open', 'open', 'open', 'open', 'open', 'open', 'closed', 'draft', 'paused'])[1 + c % 10], 2, 'Campaign ' || c, '[]', '[]',
            array[(array['instagram', 'tiktok', 'youtube', 'podcast'])[1 + c % 4]], array[(select key from catalogue where list = 'categories' order by key offset c % 24 limit 1)],
            array[(array['UA', 'DE', 'JP', 'NO', 'ES'])[1 + c % 5]], array[(array['en', 'uk', 'de'])[1 + c % 3]],
            c % 500 * 1000, c % 500 * 2000, 'EUR', now() + (1 + c % 60) * interval '1 day', now() + (61 + c % 60) * interval '1 day', 'public', '[]',
            'CODE' || lpad(c::text, 8, '0'), to_tsvector('english', case when c = $1::int / 2 then $2 else ($3::text[])[1 + c % cardinality($3::text[])] end)
              || array_to_tsvector(array['b:' || id('brand', c / ${CAMPAIGNS})]),
            now() - c * interval '1 minute', case when c % 10 <> 8 then now() - c * interval '1 minute' end, now() - c * interval '1 minute'
       from generate_series(0, $1::int - 1) c`,
    [count, words[0], words.slice(1)],
  )
}

async function fillApplications(ask: Ask, brands: number): Promise<void> {
  await ask(
    `insert into application (brand_id, id, campaign_id, creator_id, room_id, state, version, has_terms, submitted, submitted_at, changed_at)
     select id('brand', c / ${CAMPAIGNS}), id('application', c * ${APPLICATIONS} + a), id('campaign', c), w.id, id('room', c * ${APPLICATIONS} + a), ($2::text[])[1 + a], 1, false, 2,
            now() - (c * ${APPLICATIONS} + a) * interval '1 second', now() - (c * ${APPLICATIONS} + a) * interval '1 second'
       from generate_series(0::bigint, $1::int * ${CAMPAIGNS} - 1) c cross join generate_series(0, ${APPLICATIONS} - 1) a
       join who w on w.kind = 'creator' and w.b = (c * ${APPLICATIONS} + a) % ($1::int * ${CREATORS})`,
    [brands, STATES],
  )
  await ask('insert into application_count (campaign_id, state, n) select campaign_id, state, count(*) from application group by 1, 2')
}

/** A room for each campaign and application: the owner is in both, the creator in the application's. */
async function fillRooms(ask: Ask): Promise<void> {
  await ask(
    `create temp table place as
     select room_id as id, brand_id, 'campaign' as kind, title, published_at as at, null::uuid as creator from campaign
     union all select room_id, brand_id, 'application', 'An application', submitted_at, creator_id from application`,
  )
  await ask(
    `insert into stream (id, kind, last_seq, last_hash, msg_count, last_at) select id, 'room', 1, decode(repeat('5a', 32), 'hex'), 0, at from place`,
  )
  await ask(`insert into room (id, kind, brand_id, members, told_members) select id, kind, brand_id, 2, 2 from place`)
  await ask(
    `insert into event (stream_id, seq, tx, pos, id, type, version, actor_key, command_id, n, deal, deal_salt, personal, personal_salt, hash, at)
     select id, 1, 3, nextval('event_pos'), gen_random_uuid(), 'room.created', 1, id, id, 0, '{"kind":"' || kind || '"}', decode(repeat('5a', 16), 'hex'),
            '{"title":"' || title || '"}', decode(repeat('5a', 16), 'hex'), decode(repeat('5a', 32), 'hex'), coalesce(at, now()) from place`,
  )
  for (const [role, user] of [
    ['owner', 't.user_id'],
    ['creator', 'p.creator'],
  ]) {
    const from = `place p join team_member t on t.brand_id = p.brand_id where ${user} is not null`
    await ask(
      `insert into member (room_id, actor_key, user_id, role, since) select p.id, gen_random_uuid(), ${user}, '${role}', 1 from ${from}`,
    )
    await ask(`insert into reading (user_id, room_id, seq, n) select ${user}, p.id, 1, 0 from ${from}`)
  }
  await ask('drop table place, who')
}
