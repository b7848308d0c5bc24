import type { Client } from '@temporalio/client'
import type { WorkflowAdmin } from '../server/ports.ts'
import { historyOf } from './admin/history.ts'
import { makeMove, refusalOf } from './admin/moves.ts'
import { reach } from './admin/reach.ts'
import { describeRun, listRuns } from './admin/runs.ts'

/** Slow work as administrators see it and mend it. `client`: null while Temporal is away. */
export const workflowAdmin = (client: () => Client | null, namespace: string): WorkflowAdmin => ({
  list: (question) => reach(client(), namespace, (temporal) => listRuns(temporal, question)),
  history: (which) =>
    reach(client(), namespace, async (temporal) => {
      const found = await describeRun(temporal, which)
      return found && historyOf(temporal, found)
    }),
  refusal: (order) => reach(client(), namespace, (temporal) => refusalOf(temporal, order)),
  move: (order) => reach(client(), namespace, (temporal) => makeMove(temporal, order)),
})
