import type { BrandId, TeamRole } from '../../client-sdk/contract/index.ts'
import { acceptInvitation } from '../brands/accept-invitation.ts'
import { inviteToBrand } from '../brands/invite.ts'
import { commandId, type TestPerson, type World } from '../testing.ts'

/** The code that was mailed to somebody last. */
export async function mailedCode({ db }: Pick<World, 'db'>, { email }: TestPerson): Promise<string> {
  const { rows } = await db.pool.query<{ code: string }>(
    `select substring(body from '(?n)^[A-Za-z0-9_-]{43}$') as code from mail where recipient = $1 order by created_at desc limit 1`,
    [email],
  )
  return rows[0]!.code
}

/** Brings somebody into a brand's team, as it goes: by a mailed code. */
export async function joinTeam(
  w: Pick<World, 'as' | 'db'>,
  brandId: BrandId,
  owner: TestPerson,
  person: TestPerson,
  role: Exclude<TeamRole, 'owner'>,
): Promise<void> {
  await inviteToBrand(w.as(owner), { commandId: commandId(), brandId, email: person.email, role })
  await acceptInvitation(w.as(person), { commandId: commandId(), code: await mailedCode(w, person) })
}
