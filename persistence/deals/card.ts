import type { Pool } from 'pg'
import type { ApplicationCard, RoomId } from '../../client-sdk/contract/index.ts'
import { ABOUT, CARD, type CardRow, toCard } from '../applications.ts'
import { read } from '../sql.ts'

/** The application that a room is of; undefined where it is of none. */
export async function cardIn(pool: Pool, roomId: RoomId): Promise<ApplicationCard | undefined> {
  const [row] = await read<CardRow>(pool, 'card_in', `select ${CARD} from application a ${ABOUT} where a.room_id = $1`, [roomId])
  return row && toCard(row)
}
