import type { RoomId } from '../../client-sdk/contract/index.ts'
import { openDatabase } from '../database.ts'
import { query } from '../sql.ts'
import { given, say } from './child.ts'
import { says } from './log.ts'
import { randomFrom } from './random.ts'

/** Writes to the same rooms as others, in every way there is, and says what it was told is stored: [room, text]. */
const { url, rooms, seed, rounds } = given<{ url: string; rooms: RoomId[]; seed: number; rounds: number }>()
const random = randomFrom(seed)
const some = (most: number) => 1 + Math.floor(random() * most)
const db = await openDatabase({ url })
let count = 0
const message = () => says(rooms[some(rooms.length) - 1]!, `${seed}.${count++}`)

/** A use case: draws its transaction id first, works, locks streams in their order, works on, and may change its mind. */
async function useCase(): Promise<void> {
  const entries = Array.from({ length: some(4) }, message)
  const [before, after, changesItsMind] = [random() * 0.015, random() * 0.008, random() < 0.2]
  try {
    await db.orm.em.fork().transactional(async (em) => {
      await query(em, 'select pg_current_xact_id(), pg_sleep($1)', [before])
      await db.log.append(em, entries)
      await query(em, 'select pg_sleep($1)', [after])
      if (changesItsMind) throw new Error('a change of mind')
    })
    for (const { streamId, personal } of entries) say([streamId, (personal as { text: string }).text])
  } catch (error) {
    if ((error as Error).message !== 'a change of mind') throw error
  }
}

async function chat(): Promise<void> {
  const entry = message()
  await db.log.submit(entry)
  say([entry.streamId, (entry.personal as { text: string }).text])
}

for (let round = 0; round < rounds; round++) {
  await Promise.all(Array.from({ length: some(6) }, () => (random() < 0.4 ? useCase() : chat())))
}
await db.close()
