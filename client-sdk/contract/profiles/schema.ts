import { z } from 'zod'
import { CatalogueKey } from '../catalogue/schema.ts'
import { Command, type CommandDef, type EventDef, text } from '../define.ts'
import { UserId } from '../ids.ts'
import { Revision } from '../listing.ts'
import { name } from '../names.ts'
import { Currency, Language, Money, Territory, WebAddress } from '../units.ts'

const count = z.int().min(0).max(10_000_000_000)
/** Where a creator is followed. `engagement`: of a post, in hundredths of a percent of the followers. As the creator says. */
export const Channel = z.object({
  platform: CatalogueKey,
  handle: name(100),
  url: WebAddress.nullable(),
  followers: count,
  averageViews: count.nullable(),
  engagement: z.int().min(0).max(10_000).nullable().describe('Of a post, in hundredths of a percent of the followers: 350 is 3.5 %'),
})
export type Channel = z.output<typeof Channel>
/** What a creator usually asks for one piece of work. */
export const Rate = z.object({ work: name(100), price: Money })
export type Rate = z.output<typeof Rate>
/** Earlier work, where it can be seen. */
export const PortfolioLink = z.object({ title: name(100), url: WebAddress })
/** Earlier work, where it can be seen. */
export type PortfolioLink = z.output<typeof PortfolioLink>

const unique = <T extends z.ZodType>(item: T, max: number, what: string) =>
  z
    .array(item)
    .max(max)
    .refine((all) => new Set(all).size === all.length, `has ${what} twice`)

/** What a creator shows of themselves. */
export const ProfileFields = z.object({
  headline: name(140).nullable(),
  about: text(4_000).nullable(),
  channels: z.array(Channel).max(20),
  categories: unique(CatalogueKey, 20, 'a category'),
  languages: unique(Language, 20, 'a language'),
  territory: Territory.nullable(),
  rates: z.array(Rate).max(20),
  currency: Currency.nullable().describe('In which rates are compared'),
  portfolio: z.array(PortfolioLink).max(30),
})
export type ProfileFields = z.output<typeof ProfileFields>
/** What a creator shows of whom nothing is known. */
export const blankProfile: ProfileFields = {
  headline: null,
  about: null,
  channels: [],
  categories: [],
  languages: [],
  territory: null,
  rates: [],
  currency: null,
  portfolio: [],
}

/** `version` 0: never filled in. */
export const Profile = z.object({
  userId: UserId,
  name: z.string(),
  version: z.int().nonnegative().describe('0: never filled in; the first `If-Match` is then `"0"`'),
  ...ProfileFields.shape,
})
export type Profile = z.output<typeof Profile>

/** All of it: what is left out becomes empty. `version`: of what it is a change, 0 the first time. */
export const PutProfile = Command.extend({ version: z.int().nonnegative(), ...ProfileFields.partial().shape })
export type PutProfile = z.output<typeof PutProfile>

export const profileCommands = {
  'profile.put': { input: PutProfile, output: z.object({ version: Revision }), allow: 'apply' },
} as const satisfies Record<string, CommandDef>

/** On the person's own stream. */
export const profileEvents = {
  'profile.changed': { version: 1, deal: z.object({ version: Revision }), personal: null },
} as const satisfies Record<string, EventDef>
