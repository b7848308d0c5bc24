import type { CreateRoom, PlatformRole, Role } from '../../client-sdk/contract/index.ts'

/** Everybody here signs in with it. The embedded mode listens on loopback alone and refuses to be production. */
export const DEMO_PASSWORD = 'parley-demo'

type Who = 'nora' | 'tomas' | 'ines' | 'aiko' | 'danylo' | 'admin'
export const people: Record<Who, { email: string; name: string; role: PlatformRole; as: string }> = {
  nora: { email: 'nora@brand.demo', name: 'Nora Lindqvist', role: 'brand', as: 'owner at Fjord Coffee' },
  tomas: { email: 'tomas@brand.demo', name: 'Tomás Rey', role: 'brand', as: 'manager at Fjord Coffee' },
  ines: { email: 'ines@brand.demo', name: 'Inès Moreau', role: 'brand', as: 'viewer at Fjord Coffee' },
  aiko: { email: 'aiko@creator.demo', name: 'Aiko Tanaka', role: 'creator', as: 'creator' },
  danylo: { email: 'danylo@creator.demo', name: 'Данило Коваль', role: 'creator', as: 'creator' },
  admin: { email: 'admin@parley.demo', name: 'Parley Admin', role: 'admin', as: 'platform admin' },
}

type Scene = { kind: CreateRoom['kind']; title: string; members: Partial<Record<Who, Role>>; lines: [Who, string][] }
const team = { nora: 'owner', tomas: 'manager', ines: 'viewer' } as const

export const scenes: Scene[] = [
  {
    kind: 'campaign',
    title: 'Slow Mornings: autumn launch',
    members: { ...team, aiko: 'creator', danylo: 'creator' },
    lines: [
      ['nora', 'Welcome! This room is for news about the campaign. Everything about your own work is in your own room.'],
      ['tomas', 'The product boxes left our warehouse today. Expect them by Thursday.'],
      ['nora', 'Please keep the logo off the first three seconds; the rest of the brief stands.'],
    ],
  },
  {
    kind: 'application',
    title: 'Slow Mornings × Aiko Tanaka',
    members: { ...team, aiko: 'creator' },
    lines: [
      ['aiko', 'Hi! I would love to film the 06:30 light in my kitchen. One 40-second reel and three stills?'],
      ['tomas', 'We saw your tea series and liked it a lot. Could the reel be ready by the 12th?'],
      ['aiko', 'The 12th works if the box arrives this week. 京都から送ってもらう器も使いたいです 🍵'],
      ['nora', 'Lovely. Usage would be our own channels for six months, nothing paid.'],
      ['aiko', 'Then my usual fee is fine. One round of changes included, a second one at 15 %.'],
      ['tomas', 'Agreed from my side. I will write it up.'],
    ],
  },
  {
    kind: 'application',
    title: 'Slow Mornings × Данило Коваль',
    members: { ...team, danylo: 'creator' },
    lines: [
      ['danylo', 'Добрий день! Пропоную відео про каву в горах: підйом, світанок, перша чашка.'],
      ['nora', 'Добрий день, Даниле! The summit idea is exactly the mood. How long would it be?'],
      ['danylo', 'Around ninety seconds, with a short cut for stories. Погода добра до неділі.'],
      ['tomas', 'Could you do it without the drone? Insurance is slow on our side.'],
    ],
  },
]
