import { type CommandId, newId, type RoomId, type UserId } from '../../client-sdk/contract/index.ts'
import { sendMessage } from '../chat/send-message.ts'
import { context, type House, systemContext } from '../ctx.ts'
import { createRoom } from '../rooms/create-room.ts'
import { createPerson } from '../sessions/create-person.ts'
import { DEMO_PASSWORD, people, scenes } from './demo-people.ts'

type Who = keyof typeof people
const command = () => ({ commandId: newId<CommandId>() })

/**
 * Puts the demo people and their rooms into an empty database, by the same use cases as everybody else. Does nothing where
 * there is anybody already.
 */
export async function seed(house: House): Promise<void> {
  const { rows } = await house.db.pool.query<{ found: boolean }>('select exists (select from person) as found')
  if (rows[0]?.found) return
  const ids = {} as Record<Who, UserId>
  for (const [who, { email, name, role }] of Object.entries(people) as [Who, (typeof people)[Who]][]) {
    ids[who] = (await createPerson(systemContext(house), { ...command(), email, name, role, password: DEMO_PASSWORD })).userId
  }
  for (const { kind, title, members, lines } of scenes) {
    const joining = (Object.entries(members) as [Who, (typeof members)[Who] & string][]).map(([who, role]) => ({ userId: ids[who], role }))
    const { roomId } = await createRoom(systemContext(house), { ...command(), kind, title, members: joining })
    for (const [who, text] of lines) await say(house, ids[who], roomId, text)
  }
}

function say(house: House, userId: UserId, roomId: RoomId, text: string) {
  const endsAt = new Date(house.now().getTime() + 60_000)
  const ctx = context(house, { userId, sessionId: newId(), role: 'brand', endsAt })
  return sendMessage(ctx, { ...command(), roomId, text })
}
