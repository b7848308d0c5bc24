import type pg from 'pg'

/** Where `collector.ts` writes what it is given; `n` counts the order in which it was. */
export const createCollected = (superuser: pg.Client) =>
  superuser.query(`create table parley.collected (n bigint generated always as identity, who text not null, stream_id uuid not null, seq bigint not null);
    grant select, insert on parley.collected to parley_app`)

/** The seqs of each stream, in the order in which they were collected. */
export async function collected(superuser: pg.Client): Promise<Map<string, number[]>> {
  type Row = { stream_id: string; seqs: number[] }
  const { rows } = await superuser.query<Row>(
    'select stream_id, array_agg(seq::int order by n) as seqs from parley.collected group by stream_id',
  )
  return new Map(rows.map(({ stream_id, seqs }) => [stream_id, seqs]))
}

/** What it ought to be: every event of every stream once, in its order. */
export async function everything(superuser: pg.Client): Promise<Map<string, number[]>> {
  type Row = { stream_id: string; seqs: number[] }
  const { rows } = await superuser.query<Row>(
    'select stream_id, array_agg(seq::int order by seq) as seqs from parley.event group by stream_id',
  )
  return new Map(rows.map(({ stream_id, seqs }) => [stream_id, seqs]))
}
