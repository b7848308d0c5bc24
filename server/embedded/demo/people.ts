import type { PlatformRole } from '../../../client-sdk/contract/index.ts'

/** Everybody here signs in with it. The embedded mode listens on loopback alone and refuses to be production. */
export const DEMO_PASSWORD = 'parley-demo'

export type Who = 'nora' | 'tomas' | 'ines' | 'jonas' | 'aiko' | 'danylo' | 'lucia' | 'kwame' | 'admin'
type DemoPerson = { email: string; name: string; role: PlatformRole; as: string }
export const people: Record<Who, DemoPerson> = {
  nora: { email: 'nora@brand.demo', name: 'Nora Lindqvist', role: 'brand', as: 'owner at Fjord Coffee' },
  tomas: { email: 'tomas@brand.demo', name: 'Tomás Rey', role: 'brand', as: 'manager at Fjord Coffee' },
  ines: { email: 'ines@brand.demo', name: 'Inès Moreau', role: 'brand', as: 'viewer at Fjord Coffee' },
  jonas: { email: 'jonas@brand.demo', name: 'Jonas Weber', role: 'brand', as: 'owner at Kobalt Outdoor' },
  aiko: { email: 'aiko@creator.demo', name: 'Aiko Tanaka', role: 'creator', as: 'creator' },
  danylo: { email: 'danylo@creator.demo', name: 'Данило Коваль', role: 'creator', as: 'creator' },
  lucia: { email: 'lucia@creator.demo', name: 'Lucía Ferrer', role: 'creator', as: 'creator' },
  kwame: { email: 'kwame@creator.demo', name: 'Kwame Asante', role: 'creator', as: 'creator' },
  admin: { email: 'admin@parley.demo', name: 'Parley Admin', role: 'admin', as: 'platform admin' },
}
