import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import type { ActorKey, PersonPresence, RoomId, UserId } from '../client-sdk/contract/index.ts'
import { batched } from './batched.ts'
import { instant } from './log/read.ts'
import { query, read } from './sql.ts'

/** A node of this installation, for as long as its process lives. */
export type NodeId = string & { readonly node: true }
/** Who has a room open on one node: member keys with commas between. None is in both. */
export type Open = { active: string; away: string }
/** Somebody's connections to one node. `away`: on all of them. */
export type Connected = { userId: UserId; sockets: number; away: boolean }
/** What a node has to say, as its `beat`th word; each is higher than the one before. `gone`: people who have no connection to it any more. */
export type Changes = { beat: number; rooms: readonly ({ roomId: RoomId } & Open)[]; online: readonly Connected[]; gone: readonly UserId[] }

/** A node that was silent for longer is dead. By the database's clock alone: nodes' own clocks may be wrong. */
const ALIVE = `beat_at > clock_timestamp() - interval '7 s'`

/** Makes a node known, as one that has said nothing yet. */
export async function registerNode(pool: Pool, node: NodeId): Promise<void> {
  const text = 'insert into node (id, beat_at) values ($1, clock_timestamp()) on conflict (id) do update set beat_at = excluded.beat_at'
  await read(pool, 'presence_register', text, [node])
}

/**
 * Says that a node lives, and what has changed there. False where the database does not know the node, since others took it
 * for dead or a crash emptied the tables, or has heard a later word: then nothing was written. Rows are locked in order: the node's, then people's by id.
 */
export async function beat(pool: Pool, node: NodeId, { beat, rooms, online, gone }: Changes): Promise<boolean> {
  const rows = await read(
    pool,
    'presence_beat',
    `with me as (update node set beat_at = clock_timestamp(), beats = $9 where id = $1 and beats < $9 returning id),
     rooms as (
       insert into presence (node_id, room_id, active, away, tx)
         select me.id, r.room_id, r.active, r.away, pg_current_xact_id()
           from me, unnest($2::uuid[], $3::text[], $4::text[]) as r (room_id, active, away)
       on conflict (node_id, room_id) do update set active = excluded.active, away = excluded.away, tx = excluded.tx),
     connected as (
       insert into online (node_id, user_id, sockets, away)
         select me.id, c.user_id, c.sockets, c.away from me, unnest($5::uuid[], $6::int[], $7::boolean[]) as c (user_id, sockets, away)
       on conflict (node_id, user_id) do update set sockets = excluded.sockets, away = excluded.away),
     gone as (delete from online o using me where o.node_id = me.id and o.user_id = any($8::uuid[])),
     seen as (
       insert into last_seen (user_id, at)
         select p.id, clock_timestamp() from me, person p where p.id = any($8::uuid[]) and p.presence = 'shown' order by p.id
       on conflict (user_id) do update set at = greatest(last_seen.at, excluded.at))
     select id from me`,
    [
      node,
      rooms.map(({ roomId }) => roomId),
      rooms.map(({ active }) => active),
      rooms.map(({ away }) => away),
      online.map(({ userId }) => userId),
      online.map(({ sockets }) => sockets),
      online.map(({ away }) => away),
      gone,
      beat,
    ],
  )
  return rows.length > 0
}

/** Forgets rooms that nobody has open there, once every other node has read so. */
export async function forgetRooms(pool: Pool, node: NodeId, rooms: readonly RoomId[]): Promise<void> {
  const text = `delete from presence where node_id = $1 and room_id = any($2::uuid[]) and active = '' and away = ''`
  await read(pool, 'presence_forget', text, [node, rooms])
}

export type Nodes = {
  /** Where to read on: nothing that commits later has a lower transaction id. */
  horizon: string
  /** Who reads, as far as the database knows it, among them. */
  alive: Set<NodeId>
  dead: Set<NodeId>
  changed: ({ node: NodeId; roomId: RoomId } & Open)[]
}

/** All nodes, and which rooms other nodes wrote since `horizon`; '0' for all. Costs what has changed, whatever there is. */
export async function readNodes(pool: Pool, me: NodeId, horizon: string): Promise<Nodes> {
  type Row = { horizon: string; node_id: NodeId; alive: boolean | null; room_id: RoomId | null; active: string; away: string }
  const rows = await read<Row>(
    pool,
    'presence_read',
    `select pg_snapshot_xmin(pg_current_snapshot())::text as horizon, id as node_id, ${ALIVE} as alive,
            null::uuid as room_id, '' as active, '' as away from node
      union all
     select null, node_id, null, room_id, active, away from presence where tx >= $2::xid8 and node_id <> $1`,
    [me, horizon],
  )
  const nodes = rows.filter(({ room_id }) => room_id === null)
  return {
    horizon: nodes[0]?.horizon ?? horizon,
    alive: new Set(nodes.flatMap(({ node_id, alive }) => (alive ? [node_id] : []))),
    dead: new Set(nodes.flatMap(({ node_id, alive }) => (alive ? [] : [node_id]))),
    changed: rows.flatMap(({ node_id: node, room_id: roomId, active, away }) => (roomId ? [{ node, roomId, active, away }] : [])),
  }
}

/** Takes other nodes that are dead away with all that they said. Their people were last seen when the node was. */
export async function buryNodes(pool: Pool, me: NodeId): Promise<void> {
  await read(
    pool,
    'presence_bury',
    `with dead as (delete from node where not ${ALIVE} and id <> $1 returning id, beat_at)
     ${lastSeenAt('d.beat_at', 'dead d')}`,
    [me],
  )
}

/** Takes this node away, as it stops. */
export async function removeNode(pool: Pool, node: NodeId): Promise<void> {
  await read(
    pool,
    'presence_remove',
    `with me as (delete from node where id = $1 returning id)
     ${lastSeenAt('clock_timestamp()', 'me d')}`,
    [node],
  )
}

/** Everybody's who was connected to the nodes `d`. By id, so that two who write cannot wait for each other. */
const lastSeenAt = (moment: string, nodes: string) => `
  insert into last_seen (user_id, at)
    select o.user_id, max(${moment}) from ${nodes} join online o on o.node_id = d.id
      join person p on p.id = o.user_id and p.presence = 'shown' group by o.user_id order by o.user_id
  on conflict (user_id) do update set at = greatest(last_seen.at, excluded.at)`

/** How many connections a person has to other nodes than this. */
export const socketsElsewhere = batched<{ node: NodeId; userId: UserId }, number>(
  { id: ({ node, userId }) => `${node} ${userId}` },
  async (pool, keys) => {
    const rows = await read<{ i: number; sockets: number }>(
      pool,
      'presence_sockets',
      `select k.i::int, sum(o.sockets)::int as sockets from unnest($1::uuid[], $2::uuid[]) with ordinality as k (node_id, user_id, i)
         join online o on o.user_id = k.user_id and o.node_id <> k.node_id join node on node.id = o.node_id and ${ALIVE} group by k.i`,
      [keys.map(({ node }) => node), keys.map(({ userId }) => userId)],
    )
    const sockets = new Map(rows.map((row) => [row.i, row.sockets]))
    return keys.map((_key, i) => sockets.get(i + 1) ?? 0)
  },
)

/** Of these keys, those whom the room knows as members. Who hides it is not online, and was never seen. */
export async function presenceOf(pool: Pool, roomId: RoomId, members: readonly ActorKey[]): Promise<PersonPresence[]> {
  type Row = { member: ActorKey; online: boolean; away: boolean; lastSeen: string | null }
  return await read<Row>(
    pool,
    'presence_of',
    `select m.actor_key as member, on_now.away is not null as online, coalesce(on_now.away, false) as away,
            case when on_now.away is null and p.presence = 'shown' then ${instant('seen.at')} end as "lastSeen"
       from active_member m join person p on p.id = m.user_id left join last_seen seen on seen.user_id = p.id
       left join lateral (
         select bool_and(o.away) as away from online o join node on node.id = o.node_id and ${ALIVE}
          where o.user_id = p.id and p.presence = 'shown') on_now on true
      where m.room_id = $1 and m.actor_key = any($2::uuid[]) and m.since > 0`,
    [roomId, members],
  )
}

/** Whether somebody is connected and not away on all their devices, whether they show it or not. In the caller's transaction. */
export async function isThere(em: EntityManager, userId: UserId): Promise<boolean> {
  const text = `select 1 from online o join node on node.id = o.node_id and ${ALIVE} where o.user_id = $1 and not o.away limit 1`
  return (await query(em, text, [userId])).length > 0
}
