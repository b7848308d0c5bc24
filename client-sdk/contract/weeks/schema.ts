import { z } from 'zod'
import { Instant } from '../define.ts'
import { BrandId } from '../ids.ts'
import { Page } from '../listing.ts'
import { Day } from '../units.ts'

const Monday = Day.describe('The Monday that it begins with, in UTC; it ends before the next one')
const Count = z.int().nonnegative()
/**
 * What a week was for a brand. How often each happened in it: applications `received`, `shortlisted`, `declined`, `withdrawn`, `expired`;
 * versions of terms proposed, by either side (`offers`); deals `agreed`, `completed`, `cancelled`. And how it stood when it was counted:
 * open applications (`waiting`), pieces of work that are late (`overdue`).
 */
export const BrandFigures = z.object({
  received: Count,
  shortlisted: Count,
  offers: Count,
  agreed: Count,
  completed: Count,
  declined: Count,
  withdrawn: Count,
  expired: Count,
  cancelled: Count,
  waiting: Count.describe('Open applications, when it was counted'),
  overdue: Count.describe('Pieces of work that were late, when it was counted'),
})
/** What a week was for a brand. */
export type BrandFigures = z.output<typeof BrandFigures>
/** A brand's week. It is counted once, after its end, and stays. */
export const BrandWeek = z.object({ week: Monday, figures: BrandFigures, countedAt: Instant })
/** A brand's week. */
export type BrandWeek = z.output<typeof BrandWeek>
export const ListBrandWeeks = Page.extend({ brandId: BrandId })
export type ListBrandWeeks = z.output<typeof ListBrandWeeks>

/**
 * How many creators were `new` (their account was made in the week), `active` (did something in a room in it and in the week before) or
 * `returning` (did something in it, and nothing in the week before).
 */
export const CohortWeek = z.object({ week: Monday, new: Count, active: Count, returning: Count })
/** How many creators were new, active or returning in a week. */
export type CohortWeek = z.output<typeof CohortWeek>
