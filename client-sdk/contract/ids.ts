import { z } from 'zod'

export { formatUuid, newId } from './uuid.ts'

const uuid = <B extends string>() => z.uuid().lowercase().brand<B>()

/** A room; also the id of its stream. */
export const RoomId = uuid<'RoomId'>()
export type RoomId = z.output<typeof RoomId>
/** A person; also the id of that person's own stream. */
export const UserId = uuid<'UserId'>()
export type UserId = z.output<typeof UserId>
/** Made by the client, once per order: sent again, it is the same order. */
export const CommandId = uuid<'CommandId'>()
export type CommandId = z.output<typeof CommandId>
/** UUIDv5 of its command, actor and place in the command. */
export const EventId = uuid<'EventId'>()
export type EventId = z.output<typeof EventId>
/** The id of the event that sent the message. */
export const MessageId = EventId
export type MessageId = EventId
/** Who acted, as this room knows them: random per member and room, so that its tie to a person can be cut. */
export const ActorKey = uuid<'ActorKey'>()
export type ActorKey = z.output<typeof ActorKey>
/** A brand; also the id of its stream. */
export const BrandId = uuid<'BrandId'>()
export type BrandId = z.output<typeof BrandId>
export const CampaignId = uuid<'CampaignId'>()
export type CampaignId = z.output<typeof CampaignId>
export const ApplicationId = uuid<'ApplicationId'>()
export type ApplicationId = z.output<typeof ApplicationId>
/** Of somebody into a brand's team. Public; what lets in is the code in the mail. */
export const InvitationId = uuid<'InvitationId'>()
export type InvitationId = z.output<typeof InvitationId>
export const MailId = uuid<'MailId'>()
export type MailId = z.output<typeof MailId>
export const SessionId = uuid<'SessionId'>()
export type SessionId = z.output<typeof SessionId>

/** An ordered log: one per room, one per person, one per brand, one for the platform. */
export type StreamId = RoomId | UserId | BrandId | typeof PLATFORM
export const PLATFORM = '00000000-0000-8000-8000-000000000000' as string & z.BRAND<'Platform'>
/** What acts when no person does: deadlines, sweeps, the seed. */
export const SYSTEM = '00000000-0000-8000-8000-000000000001' as ActorKey
