import type { TeamRole } from '../../../client-sdk/contract/index.ts'
import { template } from './template.ts'

type Data = { brand: string; role: TeamRole; code: string; endsAt: string }
const ROLES: Record<TeamRole, string> = { owner: 'власник', manager: 'менеджер', viewer: 'спостерігач' }

/** The code is to be typed in, not followed: an address would leave it in histories and logs. */
export const teamInvitation = template<Data>({
  kind: null,
  en: ({ brand, role, code, endsAt }, { at }) => ({
    subject: `You are invited to the team of ${brand}`,
    paragraphs: [
      `${brand} invites you to its team on Parley, as ${role}.`,
      `Your code, good once and until ${at(endsAt)}:`,
      code,
      'Sign in with this address and enter it, or make an account with it.',
      'If you did not expect this, do nothing: without the code nobody joins in your name.',
    ],
  }),
  uk: ({ brand, role, code, endsAt }, { at }) => ({
    subject: `Вас запрошено до команди ${brand}`,
    paragraphs: [
      `${brand} запрошує вас до своєї команди в Parley, роль: ${ROLES[role]}.`,
      `Ваш код, дійсний один раз і до ${at(endsAt)}:`,
      code,
      'Увійдіть із цією адресою та введіть його або створіть обліковий запис із ним.',
      'Якщо ви цього не чекали, нічого не робіть: без коду ніхто не приєднається від вашого імені.',
    ],
  }),
})
