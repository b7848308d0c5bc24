import { declineCancelled, expireDueApplications } from '../applications/end-due-applications.ts'
import { closeDueCampaigns, completeDueCampaigns, openDueCampaigns } from '../campaigns/due-campaigns.ts'
import { type Ctx, type House, systemContext } from '../ctx.ts'
import { dropOldMail } from '../mail/dead-letters.ts'
import { expireOffers } from '../offers/expire-offers.ts'

/** Says how much it moved. */
type Step = (ctx: Ctx) => Promise<number>
/** What comes about by time alone, in the order in which one leads to the other. */
const STEPS: readonly Step[] = [
  openDueCampaigns,
  closeDueCampaigns,
  completeDueCampaigns,
  expireOffers,
  expireDueApplications,
  declineCancelled,
  dropOldMail,
]
/** How long after its moment something happens at most, normally, in ms. */
const EVERY = 1_000

type Options = { steps?: readonly Step[]; every?: number }
export type Sweeping = {
  /** Resolves once the step in hand is done. */
  stop(): Promise<void>
}

/** Moves on what is due. Any number of processes may: each thing is moved once. A step that fails is told and tried again. */
export function sweep(house: House, failed: (error: unknown) => void, { steps = STEPS, every = EVERY }: Options = {}): Sweeping {
  const stopping = new AbortController()
  let wake = () => {}

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const moved = await round()
      if (moved === 0) await pause() // where there was something, there may be more
    }
  }
  async function round(): Promise<number> {
    let moved = 0
    for (const step of steps) {
      if (stopping.signal.aborted) break
      try {
        moved += await step(systemContext(house))
      } catch (error) {
        failed(error)
      }
    }
    return moved
  }
  const pause = () =>
    new Promise<void>((done) => {
      const timer = setTimeout(done, every)
      wake = () => {
        clearTimeout(timer)
        done()
      }
      if (stopping.signal.aborted) wake()
    })

  const running = run()
  return {
    stop: () => {
      stopping.abort()
      wake()
      return running
    },
  }
}
