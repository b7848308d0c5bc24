import type { EntityManager } from '@mikro-orm/postgresql'
import { CompiledQuery, type ControlledTransaction } from 'kysely'
import type { Pool } from 'pg'
import { unavailable } from './unavailable.ts'

type Transaction = ControlledTransaction<unknown, string[]>

/** The transaction that this EntityManager is in; throws outside of one. */
export function transactionOf(em: EntityManager): Transaction {
  const transaction = em.getTransactionContext<Transaction>()
  if (!transaction) throw new Error('This needs a transaction')
  return transaction
}

/** Runs SQL in the caller's transaction, with real parameters ($1 …): no value is ever put into the text. */
export async function query<T>(em: EntityManager, text: string, values: readonly unknown[]): Promise<T[]> {
  const { rows } = await unavailable(transactionOf(em).executeQuery<T>(CompiledQuery.raw(text, [...values])))
  return rows
}

/** Runs a prepared statement on its own connection; `name` is its cache key on each connection. */
export async function read<T extends object>(pool: Pool, name: string, text: string, values: readonly unknown[]): Promise<T[]> {
  const { rows } = await unavailable(pool.query<T>({ name, text, values: [...values] }))
  return rows
}
