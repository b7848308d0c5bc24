import pg from 'pg'
import type { World } from '../testing.ts'
import type { Counting } from './week.ts'

/** A connection of the superuser's, who may put what the log says into another week. */
export async function superuserOf(w: World): Promise<pg.Client> {
  const superuser = new pg.Client({ connectionString: w.url, options: '-c search_path=parley' })
  await superuser.connect()
  await superuser.query('alter table event disable trigger only_erase')
  return superuser
}

/** Moves all that there is so many days back, as if it had happened then. */
export async function daysAgo(superuser: pg.Client, days: number): Promise<void> {
  const back = (column: string) => `${column} = ${column} - make_interval(days => ${days})`
  for (const [table, ...columns] of [
    ['event', 'at'],
    ['stream', 'last_at'],
    ['application', 'submitted_at', 'changed_at'],
    ['person', 'created_at'],
    ['brand', 'created_at'],
  ] as const)
    await superuser.query(`update ${table} set ${columns.map(back).join()}`)
}

/** A moment in the week after this one: the last full week is this one. */
export const nextWeek = (): string => new Date(Date.now() + 7 * 86_400_000).toISOString()
export const counting = (more: Partial<Counting> = {}): Counting => ({ now: nextWeek(), after: null, alive: () => {}, ...more })
