import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import { type Catalogue, type CatalogueList, PLATFORM } from '../client-sdk/contract/index.ts'
import { query, read } from './sql.ts'

/** The whole catalogue, and where the platform's stream stood at that moment: every change is told there. */
export async function readCatalogue(pool: Pool): Promise<{ seq: number; catalogue: Catalogue }> {
  type Row = { seq: string; list: CatalogueList | null; key: string; name: string; retired: boolean }
  const rows = await read<Row>(
    pool,
    'read_catalogue',
    `select s.last_seq as seq, c.list, c.key, c.name, c.retired from stream s left join catalogue c on true
      where s.id = $1 order by c.list, c.key`,
    [PLATFORM],
  )
  const of = (list: CatalogueList) =>
    rows.filter((row) => row.list === list).map(({ key, name, retired }): Catalogue[CatalogueList][number] => ({ key, name, retired }))
  return { seq: Number(rows[0]!.seq), catalogue: { platforms: of('platforms'), categories: of('categories') } }
}

/** Where the platform's stream stands. */
export async function platformSeq(pool: Pool): Promise<number> {
  const [row] = await read<{ seq: string }>(pool, 'platform_seq', 'select last_seq as seq from stream where id = $1', [PLATFORM])
  return Number(row!.seq)
}

export type StoredEntry = { list: CatalogueList; key: string; name: string; retired: boolean }
/** Locks the entry's row. False where it is so already. */
export async function putCatalogueEntry(em: EntityManager, { list, key, name, retired }: StoredEntry): Promise<boolean> {
  const changed = await query(
    em,
    `insert into catalogue as c (list, key, name, retired) values ($1, $2, $3, $4)
      on conflict (list, key) do update set name = excluded.name, retired = excluded.retired
        where (c.name, c.retired) is distinct from (excluded.name, excluded.retired) returning 1`,
    [list, key, name, retired],
  )
  return changed.length > 0
}
