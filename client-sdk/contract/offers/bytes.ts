// The SDK's bundle and the verifier take this, and do without zod.
import { canonical, type Json } from '../canonical.ts'
import type { ActorKey, ApplicationId, RoomId } from '../ids.ts'
import type { Attestation, OfferSide, Terms } from './schema.ts'

const utf8 = new TextEncoder()

/** What the hash of terms is of. */
export const termsBytes = (terms: Terms): Uint8Array => utf8.encode(`parley/terms/1${canonical(terms as unknown as Json)}`)

/** What is accepted, by whom, and what that rests on. `hash`: of the terms. */
export type Acceptance = {
  room: RoomId
  application: ApplicationId
  offer: number
  hash: string
  by: OfferSide
  member: ActorKey
} & Omit<Attestation, 'signature'>

/** The bytes under an attestation's signature. */
export const acceptanceBytes = ({ room, application, offer, hash, by, member, kind, session, method, provedAt, at, keyId }: Acceptance) =>
  utf8.encode(`parley/acceptance/1${canonical({ room, application, offer, hash, by, member, kind, session, method, provedAt, at, keyId })}`)
