import { expect, test } from 'vitest'
import { commands } from './index.ts'
import { can, isRoomRule, isRule, may, type PlatformRule, platformRules, type RoomRule, roomRules } from './permissions.ts'
import { PlatformRole, Role, RoomKind } from './roles.ts'

// Every right is written down a second time, so a change to the table is a change to this list.
const rights: Record<RoomRule, Record<RoomKind, Role[]>> = {
  read: { campaign: ['owner', 'manager', 'viewer', 'creator'], application: ['owner', 'manager', 'viewer', 'creator'] },
  speak: { campaign: ['owner', 'manager'], application: ['owner', 'manager', 'creator'] },
  announce: { campaign: ['owner', 'manager'], application: ['owner', 'manager'] },
  react: { campaign: ['owner', 'manager'], application: ['owner', 'manager', 'creator'] },
  pin: { campaign: ['owner', 'manager'], application: ['owner', 'manager', 'creator'] },
  moderate: { campaign: ['owner', 'manager'], application: ['owner'] },
  configure: { campaign: ['owner', 'manager'], application: ['owner', 'manager'] },
  manageMembers: { campaign: ['owner'], application: ['owner'] },
  erase: { campaign: ['owner'], application: ['owner'] },
}
const onThePlatform: Record<PlatformRule, (PlatformRole | null)[]> = {
  anyone: [null, 'creator', 'brand', 'admin'],
  signedIn: ['creator', 'brand', 'admin'],
  administer: ['admin'],
}

const rules = Object.keys(roomRules) as RoomRule[]
const questions = rules.flatMap((rule) => RoomKind.options.flatMap((kind) => Role.options.map((role) => ({ rule, kind, role }))))
test.each(questions)('may the $role of a room of kind $kind: $rule', ({ rule, kind, role }) => {
  expect(can(rule, { kind, role, announcementsOnly: false })).toBe(rights[rule][kind].includes(role))
  const announces = rule !== 'speak' || rights.announce[kind].includes(role)
  expect(can(rule, { kind, role, announcementsOnly: true })).toBe(rights[rule][kind].includes(role) && announces)
})

const platform = Object.keys(platformRules) as PlatformRule[]
const asked = platform.flatMap((rule) => [null, ...PlatformRole.options].map((role) => ({ rule, role })))
test.each(asked)('may $role on the platform: $rule', ({ rule, role }) => {
  expect(may(rule, role)).toBe(onThePlatform[rule].includes(role))
})

test('the lists name every rule, and no name is of both kinds', () => {
  expect(Object.keys(rights).sort()).toEqual([...rules].sort())
  expect(Object.keys(onThePlatform).sort()).toEqual([...platform].sort())
  expect(new Set([...rules, ...platform]).size).toBe(rules.length + platform.length)
  expect([rules.every(isRoomRule), platform.some(isRoomRule)]).toEqual([true, false])
})

test('every command names a rule that exists', () => {
  for (const [name, { allow }] of Object.entries(commands)) expect([name, isRule(allow)]).toEqual([name, true])
  expect(isRule('everything')).toBe(false)
  expect(isRule('toString')).toBe(false)
  expect(isRule(undefined)).toBe(false)
})
