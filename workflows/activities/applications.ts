import type { ApplicationId } from '../../client-sdk/contract/index.ts'
import { nextOrIdle } from '../../server/agenda.ts'
import { type ApplicationStep, nextOfApplication, stepApplication } from '../../server/applications/agenda.ts'
import { nextOfWork, stepWork, type WorkStep } from '../../server/deliverables/agenda.ts'
import { nextOfOffer, type OfferStep, stepOffer } from '../../server/offers/agenda.ts'
import type { Run } from './run.ts'

/** Of the queue `parley-applications`. */
export const applicationActivities = (run: Run) => ({
  nextOfApplication: (id: ApplicationId) => run((ctx) => nextOrIdle(ctx, { kind: 'application', id }, nextOfApplication(ctx, id))),
  stepApplication: (id: ApplicationId, step: ApplicationStep) => run((ctx) => stepApplication(ctx, id, step)),
  nextOfOffer: (id: ApplicationId, offer: number) => run((ctx) => nextOfOffer(ctx, id, offer)),
  stepOffer: (id: ApplicationId, offer: number, step: OfferStep) => run((ctx) => stepOffer(ctx, id, offer, step)),
  nextOfWork: (id: ApplicationId) => run((ctx) => nextOrIdle(ctx, { kind: 'deliverables', id }, nextOfWork(ctx, id))),
  stepWork: (id: ApplicationId, step: WorkStep) => run((ctx) => stepWork(ctx, id, step)),
})
export type ApplicationActivities = ReturnType<typeof applicationActivities>
