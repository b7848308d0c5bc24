import type { EntityManager } from '@mikro-orm/postgresql'
import {
  type ApplicationCard,
  type ApplicationId,
  type CampaignId,
  type CommandId,
  openStates,
  type RoomId,
  SYSTEM,
  type UserId,
} from '../../client-sdk/contract/index.ts'
import { ABOUT, CARD, type CardRow, toCard } from '../applications.ts'
import { IS_OF_DEAL } from '../deals.ts'
import { query } from '../sql.ts'

/** The commands by which the platform has reminded somebody of something of this deal. */
export async function remindersIn(em: EntityManager, roomId: RoomId): Promise<Set<CommandId>> {
  const rows = await query<{ command_id: CommandId }>(
    em,
    `select command_id from event where stream_id = $1 and ${IS_OF_DEAL} and type like '%.reminded' and actor_key = $2`,
    [roomId, SYSTEM],
  )
  return new Set(rows.map(({ command_id }) => command_id))
}

/** Those of these names that were said already. */
export async function toldAmong(em: EntityManager, names: readonly string[]): Promise<Set<string>> {
  if (names.length === 0) return new Set()
  const rows = await query<{ name: string }>(em, 'select name from told where name = any($1::text[])', [names])
  return new Set(rows.map(({ name }) => name))
}

/** Those of these people who have not read the room up to there. */
export async function behind(
  em: EntityManager,
  { roomId, seq }: { roomId: RoomId; seq: number },
  users: readonly UserId[],
): Promise<UserId[]> {
  const rows = await query<{ id: UserId }>(
    em,
    `select u.id from unnest($1::uuid[]) as u (id)
      where not exists (select from reading g where g.user_id = u.id and g.room_id = $2 and g.seq >= $3) order by u.id`,
    [users, roomId, seq],
  )
  return rows.map(({ id }) => id)
}

/** An application as lists show it. */
export async function cardOf(em: EntityManager, applicationId: ApplicationId): Promise<ApplicationCard> {
  const [row] = await query<CardRow>(em, `select ${CARD} from application a ${ABOUT} where a.id = $1`, [applicationId])
  return toCard(row!)
}

const OPEN = `state in (${openStates.map((state) => `'${state}'`).join(', ')})`
/** How many applications of a campaign wait for the brand: they are open, and no offer of its own waits for an answer. */
export async function waitingForBrand(em: EntityManager, campaignId: CampaignId): Promise<number> {
  const [row] = await query<{ n: number }>(
    em,
    `select count(*)::int as n from application a left join lateral (
       select e.type, e.deal from event e where e.stream_id = a.room_id and ${IS_OF_DEAL} and e.type like 'offer.%'
          and e.type not in ('offer.commented', 'offer.reminded') order by e.seq desc limit 1) o on true
      where a.campaign_id = $1 and a.${OPEN} and not (coalesce(o.type, '') = 'offer.proposed' and o.deal::json ->> 'by' = 'brand')`,
    [campaignId],
  )
  return row?.n ?? 0
}
