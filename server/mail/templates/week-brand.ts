import type { BrandFigures, BrandId } from '../../../client-sdk/contract/index.ts'
import { type For, template, type Words } from './template.ts'

/** `week`: the Monday that it begins with. */
export type WeekOfBrand = { brandId: BrandId; brand: string; week: string; figures: BrandFigures }
type Phrases = {
  subject(brand: string, day: string): string
  happened: string
  now: string
  lead: string
  figures: Record<keyof BrandFigures, string>
}

/** How things stand; the others happened. */
const STANDING = ['waiting', 'overdue'] as const satisfies (keyof BrandFigures)[]

const write =
  (its: Phrases) =>
  ({ brandId, brand, week, figures }: WeekOfBrand, { day, count }: For): Words => {
    const isStanding = (name: string) => (STANDING as readonly string[]).includes(name)
    const lines = (Object.keys(its.figures) as (keyof BrandFigures)[]).filter((name) => figures[name] > 0)
    const said = (standing: boolean, opening: string) => {
      const found = lines.filter((name) => isStanding(name) === standing).map((name) => `${its.figures[name]}: ${count(figures[name])}`)
      return found.length > 0 ? [opening, ...found] : []
    }
    return {
      subject: its.subject(brand, day(week)),
      paragraphs: [...said(false, its.happened), ...said(true, its.now)],
      lead: { says: its.lead, path: `/brands/${brandId}` },
    }
  }

/** To those who run a brand, about its last full week. What there was none of is left out. */
export const weekOfBrand = template<WeekOfBrand>({
  kind: 'summaries',
  en: write({
    subject: (brand, day) => `${brand}: the week from ${day}`,
    happened: 'In this week:',
    now: 'As of now:',
    lead: 'Open the brand',
    figures: {
      received: 'Applications received',
      shortlisted: 'Applications shortlisted',
      offers: 'Offers proposed',
      agreed: 'Deals agreed',
      completed: 'Deals completed',
      declined: 'Applications declined',
      withdrawn: 'Applications withdrawn',
      expired: 'Applications expired',
      cancelled: 'Deals cancelled',
      waiting: 'Applications that wait for a decision',
      overdue: 'Pieces of work that are late',
    },
  }),
  uk: write({
    subject: (brand, day) => `${brand}: тиждень від ${day}`,
    happened: 'За цей тиждень:',
    now: 'Станом на зараз:',
    lead: 'Відкрити бренд',
    figures: {
      received: 'Отримано заявок',
      shortlisted: 'Відібрано заявок',
      offers: 'Запропоновано умов',
      agreed: 'Укладено угод',
      completed: 'Завершено угод',
      declined: 'Відхилено заявок',
      withdrawn: 'Відкликано заявок',
      expired: 'Прострочено заявок',
      cancelled: 'Скасовано угод',
      waiting: 'Заявок, що чекають на рішення',
      overdue: 'Робіт, що запізнюються',
    },
  }),
})
