import { expect, test } from 'vitest'
import { commands } from './index.ts'
import {
  can,
  isPlatformRule,
  isRoomRule,
  isRule,
  type MarketRule,
  marketRules,
  may,
  mayAs,
  type PlatformRule,
  platformRules,
  type RoomRule,
  roomRules,
} from './permissions.ts'
import { PlatformRole, Role, RoomKind } from './roles.ts'

// Every right is written down a second time, so a change to the table is a change to this list.
const everybody: Role[] = ['owner', 'manager', 'viewer', 'creator']
const team: Role[] = ['owner', 'manager', 'viewer']
const rights: Record<RoomRule, Record<RoomKind, Role[]>> = {
  read: { campaign: everybody, application: everybody, notes: team },
  speak: { campaign: ['owner', 'manager'], application: ['owner', 'manager', 'creator'], notes: ['owner', 'manager'] },
  announce: { campaign: ['owner', 'manager'], application: ['owner', 'manager'], notes: ['owner', 'manager'] },
  react: { campaign: ['owner', 'manager'], application: ['owner', 'manager', 'creator'], notes: ['owner', 'manager'] },
  pin: { campaign: ['owner', 'manager'], application: ['owner', 'manager', 'creator'], notes: ['owner', 'manager'] },
  moderate: { campaign: ['owner', 'manager'], application: ['owner'], notes: ['owner'] },
  configure: { campaign: ['owner', 'manager'], application: ['owner', 'manager'], notes: ['owner', 'manager'] },
  manageMembers: { campaign: ['owner'], application: ['owner'], notes: ['owner'] },
  erase: { campaign: ['owner'], application: ['owner'], notes: ['owner'] },
}
const inTheMarket: Record<MarketRule, Role[]> = {
  viewBrand: team,
  manageBrand: ['owner', 'manager'],
  manageTeam: ['owner'],
  viewCampaign: everybody,
  runCampaigns: ['owner', 'manager'],
  viewApplication: everybody,
  moveApplication: ['owner', 'manager', 'creator'],
  negotiate: ['owner', 'manager', 'creator'],
  bind: ['owner', 'manager', 'creator'],
  deliver: ['creator'],
  decide: ['owner', 'manager'],
}
const onThePlatform: Record<PlatformRule, (PlatformRole | null)[]> = {
  anyone: [null, 'creator', 'brand', 'admin'],
  signedIn: ['creator', 'brand', 'admin'],
  apply: ['creator'],
  hire: ['brand'],
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

const market = Object.keys(marketRules) as MarketRule[]
test.each(market.flatMap((rule) => Role.options.map((role) => ({ rule, role }))))(
  'may the $role in the market: $rule',
  ({ rule, role }) => {
    expect(mayAs(rule, role)).toBe(inTheMarket[rule].includes(role))
  },
)

test('the lists name every rule, and no name is of two kinds', () => {
  expect(Object.keys(rights).sort()).toEqual([...rules].sort())
  expect(Object.keys(inTheMarket).sort()).toEqual([...market].sort())
  expect(Object.keys(onThePlatform).sort()).toEqual([...platform].sort())
  expect(new Set([...rules, ...market, ...platform]).size).toBe(rules.length + market.length + platform.length)
  expect([rules, market, platform].map((its) => its.every(isRoomRule))).toEqual([true, false, false])
  expect([rules, market, platform].map((its) => its.some(isPlatformRule))).toEqual([false, false, true])
})

test('every command names a rule that exists', () => {
  for (const [name, { allow }] of Object.entries(commands)) expect([name, isRule(allow)]).toEqual([name, true])
  expect(isRule('everything')).toBe(false)
  expect(isRule('toString')).toBe(false)
  expect(isRule(undefined)).toBe(false)
})
