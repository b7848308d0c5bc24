import { type Input, type Output, ParleyError } from '../client-sdk/contract/index.ts'
import { sessionIsLive } from '../persistence/session-door.ts'
import { moveApplication } from '../server/applications/move-application.ts'
import { moveApplications } from '../server/applications/move-applications.ts'
import { openNotes } from '../server/applications/open-notes.ts'
import { submitApplication } from '../server/applications/submit-application.ts'
import { acceptInvitation } from '../server/brands/accept-invitation.ts'
import { passOn, removeFromTeam, setTeamRole } from '../server/brands/change-team.ts'
import { createBrand } from '../server/brands/create-brand.ts'
import { inviteToBrand, revokeInvitation } from '../server/brands/invite.ts'
import { updateBrand } from '../server/brands/update-brand.ts'
import { copyCampaign } from '../server/campaigns/copy-campaign.ts'
import { createCampaign } from '../server/campaigns/create-campaign.ts'
import { inviteCreator, redeemCode, uninviteCreator } from '../server/campaigns/guests.ts'
import { moveCampaign } from '../server/campaigns/move-campaign.ts'
import { saveCampaign } from '../server/campaigns/save-campaign.ts'
import { updateCampaign } from '../server/campaigns/update-campaign.ts'
import { putEntry } from '../server/catalogue/put-entry.ts'
import { deleteMessage } from '../server/chat/delete-message.ts'
import { editMessage } from '../server/chat/edit-message.ts'
import { pinMessage, unpinMessage } from '../server/chat/pin-message.ts'
import { react, unreact } from '../server/chat/react.ts'
import { sendMessage } from '../server/chat/send-message.ts'
import type { Ctx } from '../server/ctx.ts'
import { resolveDispute } from '../server/deals/resolve-dispute.ts'
import { reviewDeliverable, submitDeliverable } from '../server/deliverables/move-deliverable.ts'
import { moveMilestone } from '../server/milestones/move-milestone.ts'
import { acceptOffer } from '../server/offers/accept-offer.ts'
import { declineOffer, withdrawOffer } from '../server/offers/close-offer.ts'
import { commentOffer } from '../server/offers/comment-offer.ts'
import { counterOffer, proposeOffer } from '../server/offers/propose-offer.ts'
import { queryPresence } from '../server/presence/query-presence.ts'
import { putProfile } from '../server/profiles/put-profile.ts'
import { configureRoom } from '../server/rooms/configure-room.ts'
import type { Handlers } from './door.ts'
import type { Gates } from './gates.ts'
import type { Presence } from './presence/presence.ts'
import { readHandlers } from './reads.ts'
import { roomHandlers } from './rooms.ts'
import type { AppServer, AppSocket } from './socket.ts'
import type { Typing } from './typing.ts'

type Parts = { io: AppServer; gates: Gates; presence: Presence; typing: Typing }

/** What each command does, a line each: a use case, or something of this node's. */
export const handlersOf = ({ io, gates, presence, typing }: Parts): Handlers => ({
  'session.renew': renew,
  ...roomHandlers(gates, presence),
  ...readHandlers(io),
  'room.configure': configureRoom,
  'chat.send': sendMessage,
  'chat.edit': editMessage,
  'chat.delete': deleteMessage,
  'chat.react': react,
  'chat.unreact': unreact,
  'chat.pin': pinMessage,
  'chat.unpin': unpinMessage,
  'room.typing': (ctx, input, socket) => typing.handle(ctx, input, socket),
  'presence.update': async (_ctx, { away }, socket) => {
    presence.setAway(socket, away)
    return {}
  },
  'presence.query': queryPresence,
  'profile.put': putProfile,
  'brand.create': createBrand,
  'brand.update': updateBrand,
  'brand.invite': inviteToBrand,
  'brand.revokeInvitation': revokeInvitation,
  'brand.acceptInvitation': acceptInvitation,
  'brand.setRole': setTeamRole,
  'brand.removeMember': removeFromTeam,
  'brand.passOn': passOn,
  'campaign.create': createCampaign,
  'campaign.update': updateCampaign,
  'campaign.move': moveCampaign,
  'campaign.copy': copyCampaign,
  'campaign.invite': inviteCreator,
  'campaign.uninvite': uninviteCreator,
  'campaign.redeem': redeemCode,
  'campaign.save': saveCampaign,
  'application.submit': submitApplication,
  'application.move': moveApplication,
  'application.moveMany': moveApplications,
  'application.openNotes': openNotes,
  'offer.propose': proposeOffer,
  'offer.counter': counterOffer,
  'offer.accept': acceptOffer,
  'offer.decline': declineOffer,
  'offer.withdraw': withdrawOffer,
  'offer.comment': commentOffer,
  'deliverable.submit': submitDeliverable,
  'deliverable.review': reviewDeliverable,
  'milestone.move': moveMilestone,
  'deal.resolve': resolveDispute,
  'catalogue.put': putEntry,
})

/** A fresh token for the open socket, of the same session. */
async function renew(ctx: Ctx, { token }: Input<'session.renew'>, socket: AppSocket): Promise<Output<'session.renew'>> {
  const session = await ctx.tokens.verify(token, ctx.now())
  if (session.sessionId !== socket.data.session.sessionId) throw new ParleyError('access.denied', 'This token is of another session')
  if (!(await sessionIsLive(ctx.db.pool, session.sessionId)))
    throw new ParleyError('session.ended', 'This session has ended; sign in again')
  socket.data.session = session
  return { expiresAt: session.endsAt.toISOString() }
}
