import { continueAsNew, proxyActivities } from '@temporalio/workflow'
import type { ApplicationId } from '../../client-sdk/contract/index.ts'
import type { ApplicationActivities } from '../activities/applications.ts'
import { keepTo } from './keep-to.ts'
import { usual } from './usual.ts'

const { nextOfOffer, stepOffer } = proxyActivities<ApplicationActivities>(usual)

/** From a version of the terms to its answer: tells the other side, reminds them, and lets it expire at its time. */
export const offerExpiry = (applicationId: ApplicationId, offer: number): Promise<void> =>
  keepTo({
    next: () => nextOfOffer(applicationId, offer),
    act: (step) => stepOffer(applicationId, offer, step),
    anew: () => continueAsNew<typeof offerExpiry>(applicationId, offer),
  })
