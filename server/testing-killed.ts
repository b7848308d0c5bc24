import { generateKeyPairSync } from 'node:crypto'
import pg from 'pg'
import { signerFrom } from '../persistence/checkpoints.ts'
import { openDatabase } from '../persistence/database.ts'
import { moveApplication } from './applications/move-application.ts'
import { moveApplications } from './applications/move-applications.ts'
import { openNotes } from './applications/open-notes.ts'
import { submitApplication } from './applications/submit-application.ts'
import { removeFromTeam, setTeamRole } from './brands/change-team.ts'
import { createCampaign } from './campaigns/create-campaign.ts'
import { moveCampaign } from './campaigns/move-campaign.ts'
import { deleteMessage } from './chat/delete-message.ts'
import { editMessage } from './chat/edit-message.ts'
import { pinMessage } from './chat/pin-message.ts'
import { react } from './chat/react.ts'
import { type Ctx, context, house, type SessionInfo } from './ctx.ts'
import { resolveDispute } from './deals/resolve-dispute.ts'
import { reviewDeliverable, submitDeliverable } from './deliverables/move-deliverable.ts'
import { unlimited } from './limits.ts'
import { eraseMessages } from './log/erase-messages.ts'
import { moveMilestone } from './milestones/move-milestone.ts'
import { acceptOffer } from './offers/accept-offer.ts'
import { proposeOffer } from './offers/propose-offer.ts'
import { addMember } from './rooms/add-member.ts'
import { configureRoom } from './rooms/configure-room.ts'
import { createRoom } from './rooms/create-room.ts'
import { removeMember } from './rooms/remove-member.ts'

export const useCases = {
  createRoom,
  addMember,
  removeMember,
  eraseMessages,
  configureRoom,
  editMessage,
  deleteMessage,
  react,
  pinMessage,
  setTeamRole,
  removeFromTeam,
  createCampaign,
  moveCampaign,
  submitApplication,
  moveApplication,
  /** Goes another way than the others of its moves. */
  cancelAgreed: moveApplication,
  moveApplications,
  openNotes,
  proposeOffer,
  acceptOffer,
  /** Of terms that change others, and move no application. */
  acceptAmendment: acceptOffer,
  submitDeliverable,
  reviewDeliverable,
  moveMilestone,
  resolveDispute,
}
export type Killed = {
  url: string
  session: Pick<SessionInfo, 'sessionId' | 'userId' | 'role'>
  useCase: keyof typeof useCases
  input: unknown
  /** The process is killed right before its nth SQL statement, BEGIN and COMMIT counted; after the last, before it can answer. */
  killedBefore: number
}

/** Runs one use case in a process that dies at a given statement; says its answer where it lives to. */
async function main({ url, session, useCase, input, killedBefore }: Killed): Promise<void> {
  const db = await openDatabase({ url })
  const signer = signerFrom(generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
  const h = house(db, { limits: unlimited(), signer } as Parameters<typeof house>[1]) // these use cases need nothing else of it
  const ctx = context(h, { ...session, endsAt: new Date(Date.now() + 60_000) })
  let statements = 0
  const dieHere = () => ++statements === killedBefore && process.kill(process.pid, 'SIGKILL')
  const { query } = pg.Client.prototype
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    dieHere()
    return Reflect.apply(query, this, args)
  } as typeof query
  const answer = await (useCases[useCase] as (ctx: Ctx, input: unknown) => Promise<unknown>)(ctx, input)
  dieHere()
  process.stdout.write(`${JSON.stringify(answer)}\n`)
  await db.close()
}

const given = process.argv[2]
if (import.meta.main && given) await main(JSON.parse(given) as Killed)
