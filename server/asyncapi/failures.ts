import { type CommandName, commands, type ErrorCode, isPlatformRule } from '../../client-sdk/contract/index.ts'

const EVERYWHERE: readonly ErrorCode[] = ['request.invalid', 'session.ended', 'rate.limited', 'server.failed', 'server.unavailable']
/** Of terms that are proposed. */
const PROPOSING: readonly ErrorCode[] = [
  'terms.badAmount',
  'terms.badCurrency',
  'terms.badUnit',
  'terms.badDate',
  'terms.badSum',
  'terms.tooLarge',
  'catalogue.unknown',
  'deadline.passed',
  'application.illegalMove',
  'offer.full',
  'offer.changesPaid',
]
/** Of a version that waits for an answer. */
const ANSWERING: readonly ErrorCode[] = [
  'deadline.passed',
  'application.illegalMove',
  'offer.own',
  'offer.notOwn',
  'offer.accepted',
  'offer.countered',
  'offer.declined',
  'offer.withdrawn',
  'offer.expired',
]
/** What can go wrong besides what goes wrong with every command of its kind. */
const OWN: Record<CommandName, readonly ErrorCode[]> = {
  'session.renew': ['session.required', 'access.denied'],
  'room.join': ['access.changed'],
  'room.sync': [],
  'room.configure': [],
  'room.read': [],
  'room.mute': [],
  'room.leave': [],
  'chat.send': ['mention.notMember', 'chat.slowMode'],
  'chat.edit': ['message.editsFull', 'mention.notMember', 'message.deleted'],
  'chat.delete': [],
  'chat.react': ['message.deleted', 'message.reactionsFull'],
  'chat.unreact': ['message.deleted'],
  'chat.pin': ['message.deleted', 'room.pinsFull'],
  'chat.unpin': ['message.deleted'],
  'room.typing': [],
  'presence.update': [],
  'presence.query': [],
  'profile.put': ['resource.stale', 'catalogue.unknown'],
  'brand.create': [],
  'brand.update': ['resource.stale'],
  'brand.invite': ['member.exists', 'brand.full'],
  'brand.revokeInvitation': [],
  'brand.acceptInvitation': ['resource.notFound', 'member.exists', 'brand.full'],
  'brand.setRole': ['member.lastOwner'],
  'brand.removeMember': ['member.lastOwner'],
  'brand.passOn': [],
  'campaign.create': ['catalogue.unknown', 'deadline.passed'],
  'campaign.update': ['resource.stale', 'catalogue.unknown', 'campaign.illegalMove', 'campaign.incomplete', 'deadline.passed'],
  'campaign.move': ['resource.stale', 'campaign.illegalMove', 'campaign.incomplete', 'deadline.passed'],
  'campaign.copy': [],
  'campaign.invite': ['campaign.full', 'campaign.illegalMove'],
  'campaign.uninvite': [],
  'campaign.save': ['resource.notFound'],
  'campaign.redeem': ['resource.notFound'],
  'application.submit': [
    'resource.notFound',
    'campaign.notOpen',
    'campaign.full',
    'deadline.passed',
    'application.exists',
    'application.incomplete',
    'catalogue.unknown',
  ],
  'application.move': ['resource.stale', 'application.illegalMove', 'deadline.passed'],
  'application.moveMany': [],
  'application.openNotes': [],
  'offer.propose': [...PROPOSING, 'offer.exists', 'offer.notBinding'],
  'offer.counter': [...PROPOSING, ...ANSWERING],
  'offer.accept': [...ANSWERING, 'session.stepUpRequired', 'offer.otherTerms', 'offer.changesPaid'],
  'offer.decline': ANSWERING,
  'offer.withdraw': ANSWERING,
  'offer.comment': ['deadline.passed', 'application.illegalMove', 'offer.commentsFull'],
  'deliverable.submit': ['deadline.passed', 'application.illegalMove', 'deliverable.illegalMove'],
  'deliverable.review': [
    'deadline.passed',
    'application.illegalMove',
    'deliverable.illegalMove',
    'deliverable.noRounds',
    'deliverable.roundsLeft',
    'resource.stale',
  ],
  'milestone.move': ['deadline.passed', 'application.illegalMove', 'milestone.illegalMove', 'milestone.notYet'],
  'deal.resolve': ['resource.notFound', 'application.illegalMove', 'deliverable.illegalMove', 'milestone.illegalMove'],
  'catalogue.put': [],
}

/** The codes that a command may be answered with. */
export function failuresOf(name: CommandName): ErrorCode[] {
  const { allow, input } = commands[name]
  const inRoom: ErrorCode[] = !isPlatformRule(allow) ? ['resource.notFound', 'access.denied'] : []
  const writing: ErrorCode[] = 'commandId' in input.shape ? ['access.changed', 'command.reused'] : []
  return [...new Set([...OWN[name], ...inRoom, ...writing, ...EVERYWHERE])]
}
