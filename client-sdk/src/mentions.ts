import type { Member } from '../contract/rooms/schema.ts'

/** A member who may be meant, and what to put into the text for it. */
export type Mentionable = { readonly member: Member; readonly insert: string }

/** Without accents and case, so that «jose» finds José and «їжак» finds Їжак. */
const plain = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()

/**
 * The members one of whose names' words begins so, those first whose whole name does. The one who asks is left out, and so are
 * those whose names are erased.
 */
export function mentionable(members: readonly Member[], me: string | undefined, prefix: string, limit: number): Mentionable[] {
  const wanted = plain(prefix.trim())
  const rank = ({ name, key }: Member): number => {
    if (name === null || key === me) return -1
    const words = plain(name)
    if (words.startsWith(wanted)) return 0
    return words.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(wanted)) ? 1 : -1
  }
  return members
    .map((member) => ({ member, rank: rank(member), insert: `<@${member.key}>` }))
    .filter((found) => found.rank >= 0)
    .sort((a, b) => a.rank - b.rank || a.member.name!.localeCompare(b.member.name!))
    .slice(0, limit)
    .map(({ member, insert }) => ({ member, insert }))
}
