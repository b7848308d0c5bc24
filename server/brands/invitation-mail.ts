import type { TeamRole } from '../../client-sdk/contract/index.ts'
import type { NewMail } from '../../persistence/mail.ts'

type Invited = { to: string; brand: string; role: TeamRole; code: string; endsAt: Date }

/** The code is to be typed in, not followed: an address would leave it in histories and logs. */
export const invitationMail = ({ to, brand, role, code, endsAt }: Invited): NewMail => ({
  to,
  subject: `You are invited to the team of ${brand}`,
  text: `${brand} invites you to its team on Parley, as ${role}.

Your code, good once and until ${endsAt.toISOString().slice(0, 16).replace('T', ' ')} UTC:

${code}

Sign in with this address and enter it, or make an account with it.
If you did not expect this, do nothing: without the code nobody joins in your name.
`,
})
