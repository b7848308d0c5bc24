import { newId, type RoomId } from '../../client-sdk/contract/index.ts'
import { beat, type NodeId, registerNode } from '../../persistence/presence.ts'
import { sendMessage } from '../chat/send-message.ts'
import { commandId, type TestPerson, type World } from '../testing.ts'

export const say = (w: World, who: TestPerson, roomId: RoomId, text = 'Hello'): Promise<{ seq: number }> =>
  sendMessage(w.as(who), { commandId: commandId(), roomId, text })

export type TestMail = { id: string; subject: string; body: string; kind: string | null }
/** What was written to somebody, the first first. */
export const mailsTo = async ({ db }: World, { userId }: TestPerson): Promise<TestMail[]> =>
  (await db.pool.query<TestMail>('select id, subject, body, kind from mail where user_id = $1 order by created_at, id', [userId])).rows

export type Device = { away(isAway: boolean): Promise<void>; hangUp(): Promise<void> }
/** A connection of somebody's to a node of its own, which lives for as long as nobody looks for 7 s. */
export async function connect({ db }: World, { userId }: TestPerson, isAway = false): Promise<Device> {
  const node = newId<NodeId>()
  await registerNode(db.pool, node)
  let word = 0
  const tell = async (online: { away: boolean } | null) => {
    const its = online && [{ userId, sockets: 1, away: online.away }]
    await beat(db.pool, node, { beat: ++word, rooms: [], online: its ?? [], gone: its ? [] : [userId] })
  }
  await tell({ away: isAway })
  return { away: (away) => tell({ away }), hangUp: () => tell(null) }
}
