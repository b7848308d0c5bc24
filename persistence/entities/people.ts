import { defineEntity, p } from '@mikro-orm/core'
import type { PersonSettings, PlatformRole, SessionId, UserId } from '../../client-sdk/contract/index.ts'

const PersonSchema = defineEntity({
  name: 'Person',
  properties: {
    id: p.uuid().primary().$type<UserId>(),
    /** Lower case. */
    email: p.text().unique(),
    name: p.text(),
    role: p.text().$type<PlatformRole>(),
    /** A PHC string, see server/sessions/password.ts. */
    passwordHash: p.text().hidden(),
    /** Whether others learn that they are there. */
    presence: p.text().$type<PersonSettings['presence']>().default('shown'),
    /** BCP 47: in which mail comes. */
    language: p.text().default('en'),
    /** IANA. */
    timeZone: p.text().default('UTC'),
    /** Canonical JSON; null for what is usual. */
    notifications: p.text().nullable(),
    /** Whoever has it may end mails of a kind. */
    mailKey: p.uuid().unique().hidden().defaultRaw('gen_random_uuid()'),
    /** To whom their profile is shown: every brand, or those to whom they have applied. */
    profileShown: p.text().$type<'brands' | 'applied'>().default('brands'),
    createdAt: p.datetime().defaultRaw('now()'),
    /** Shut out of the platform since then. */
    blockedAt: p.datetime().nullable(),
  },
})
export class Person extends PersonSchema.class {}
PersonSchema.setClass(Person)

const SessionSchema = defineEntity({
  name: 'Session',
  properties: {
    id: p.uuid().primary().$type<SessionId>(),
    personId: p.uuid().$type<UserId>(),
    createdAt: p.datetime(),
    /** It cannot be renewed beyond this. */
    endsAt: p.datetime(),
    endedAt: p.datetime().nullable(),
    /** When its person proved last who they are: at its beginning, and whenever they were asked again. */
    provedAt: p.datetime(),
  },
})
export class Session extends SessionSchema.class {}
SessionSchema.setClass(Session)

const RefreshTokenSchema = defineEntity({
  name: 'RefreshToken',
  properties: {
    /** SHA-256 of the token: the token itself is nowhere. */
    hash: p.blob().primary(),
    sessionId: p.uuid().$type<SessionId>(),
    /** The command that exchanged it. Sent again it gets the same successor; another one is a theft. */
    usedBy: p.uuid().nullable(),
  },
})
export class RefreshToken extends RefreshTokenSchema.class {}
RefreshTokenSchema.setClass(RefreshToken)
