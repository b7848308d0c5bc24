import { continueAsNew, proxyActivities } from '@temporalio/workflow'
import type { ApplicationId } from '../../client-sdk/contract/index.ts'
import type { ApplicationActivities } from '../activities/applications.ts'
import { keepTo } from './keep-to.ts'
import { usual } from './usual.ts'

const { nextOfWork, stepWork } = proxyActivities<ApplicationActivities>(usual)

/** Over all the work of a deal: reminds of it before and after it is due, and then tells the brand's owners. */
export const deliverableReminders = (applicationId: ApplicationId): Promise<void> =>
  keepTo({
    next: () => nextOfWork(applicationId),
    act: (step) => stepWork(applicationId, step),
    anew: () => continueAsNew<typeof deliverableReminders>(applicationId),
  })
