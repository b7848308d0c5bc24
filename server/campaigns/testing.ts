import {
  type ActorKey,
  type BrandId,
  type CampaignFields,
  type CampaignPlace,
  type MoveCampaign,
  newId,
  type TeamRole,
} from '../../client-sdk/contract/index.ts'
import { Brand, TeamMember } from '../../persistence/entities/brands.ts'
import { createStream } from '../../persistence/event-log.ts'
import { commandId, type TestPerson, type World } from '../testing.ts'
import { createCampaign } from './create-campaign.ts'
import { moveCampaign } from './move-campaign.ts'

export type TestBrand = { brandId: BrandId; name: string } & Record<TeamRole, TestPerson>

/** A brand with one person of each role. */
export async function brandWithTeam(w: World, name = `Brand ${newId().slice(-6)}`): Promise<TestBrand> {
  const brandId = newId<BrandId>()
  const team = { owner: await w.person('brand'), manager: await w.person('brand'), viewer: await w.person('brand') }
  await w.db.orm.em.fork().transactional(async (em) => {
    await createStream(em, brandId, 'brand')
    em.create(Brand, { id: brandId, name, about: null, website: null, territory: null, createdAt: w.house.now() })
    await em.flush()
    for (const role of ['owner', 'manager', 'viewer'] as const) {
      const { userId } = team[role]
      em.create(TeamMember, { brandId, actorKey: newId<ActorKey>(), userId, role, since: w.house.now(), removedAt: null })
    }
  })
  return { brandId, name, ...team }
}

/** So many days from now, which may be before. */
export const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString()
/** All that publishing takes. */
export const complete = (): Partial<CampaignFields> => ({
  brief: 'Show our serum in your morning',
  platforms: ['instagram'],
  applyBy: inDays(10),
  decideBy: inDays(20),
})

export const draft = (w: World, { brandId, owner }: TestBrand, fields: Partial<CampaignFields> = {}): Promise<CampaignPlace> =>
  createCampaign(w.as(owner), { title: 'Morning glow', ...complete(), ...fields, brandId, commandId: commandId() })

export const move = (w: World, by: TestPerson, place: CampaignPlace, how: Omit<MoveCampaign, 'campaignId' | 'version' | 'commandId'>) =>
  moveCampaign(w.as(by), { campaignId: place.campaignId, version: place.version, commandId: commandId(), ...how })

export const published = async (w: World, brand: TestBrand, fields: Partial<CampaignFields> = {}): Promise<CampaignPlace> =>
  move(w, brand.owner, await draft(w, brand, fields), { move: 'publish' })
