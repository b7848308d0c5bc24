import { eventId } from '../../client-sdk/contract/chain.ts'
import { type CommandId, newId, type RoomId, SYSTEM, type UserId } from '../../client-sdk/contract/index.ts'
import { digest } from '../../persistence/digest.ts'
import { sendMessage } from '../chat/send-message.ts'
import { context, type House, systemContext } from '../ctx.ts'
import { createPerson } from '../people/create-person.ts'
import { createRoom } from '../rooms/create-room.ts'
import { DEMO_PASSWORD, people, scenes } from './demo-people.ts'

type Who = keyof typeof people
type Step = () => { commandId: CommandId }
/** Any id: the seed's commands have theirs from it, the same at every start. */
const SEED = '7e1f64a2-93c5-4b0d-8d6a-5f2b8c0e9a11' as CommandId

/**
 * Puts the demo people and their rooms into an empty database, by the same use cases as everybody else. One that was killed
 * halfway is finished by the next, since it sends the same commands again. The admin comes last: who is there, all is there.
 */
export async function seed(house: House): Promise<void> {
  const { admin, ...others } = people
  const { rows } = await house.db.pool.query<{ done: boolean }>('select exists (select from person where email = $1) as done', [
    admin.email,
  ])
  if (rows[0]?.done) return
  let steps = 0
  const step: Step = () => ({ commandId: eventId(digest, SEED, SYSTEM, steps++) as string as CommandId })
  const ids: Partial<Record<Who, UserId>> = {}
  for (const [who, person] of Object.entries(others) as [Who, typeof admin][]) ids[who] = await settle(house, step, person)
  for (const { kind, title, members, lines } of scenes) {
    const joining = (Object.entries(members) as [Who, (typeof members)[Who] & string][]).map(([who, role]) => ({ userId: ids[who]!, role }))
    const { roomId } = await createRoom(systemContext(house), { ...step(), kind, title, members: joining })
    for (const [who, text] of lines) await say(house, step, ids[who]!, roomId, text)
  }
  await settle(house, step, admin)
}

async function settle(house: House, step: Step, { email, name, role }: (typeof people)[Who]): Promise<UserId> {
  return (await createPerson(systemContext(house), { ...step(), email, name, role, password: DEMO_PASSWORD })).userId
}

function say(house: House, step: Step, userId: UserId, roomId: RoomId, text: string) {
  const endsAt = new Date(house.now().getTime() + 60_000)
  const ctx = context(house, { userId, sessionId: newId(), role: 'brand', endsAt })
  return sendMessage(ctx, { ...step(), roomId, text })
}
