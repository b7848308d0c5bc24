import { continueAsNew, proxyActivities } from '@temporalio/workflow'
import type { ApplicationId } from '../../client-sdk/contract/index.ts'
import type { ApplicationActivities } from '../activities/applications.ts'
import { keepTo } from './keep-to.ts'
import { usual } from './usual.ts'

const { nextOfApplication, stepApplication } = proxyActivities<ApplicationActivities>(usual)

/** From an application to what becomes of it: reminds the brand, tells the creator, and lets it expire at the campaign's deadline. */
export const applicationReview = (applicationId: ApplicationId): Promise<void> =>
  keepTo({
    next: () => nextOfApplication(applicationId),
    act: (step) => stepApplication(applicationId, step),
    anew: () => continueAsNew<typeof applicationReview>(applicationId),
  })
