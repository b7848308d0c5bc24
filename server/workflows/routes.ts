import {
  GetWorkflow,
  ListWorkflows,
  MovedWorkflow,
  MoveWorkflow,
  pageOf,
  WorkflowHistory,
  WorkflowRun,
} from '../../client-sdk/contract/index.ts'
import { body, commandIdFrom, IdempotencyKey, json, route, router } from '../route.ts'
import { moveWorkflow } from './move-workflow.ts'
import { getWorkflow, listWorkflows } from './read-workflows.ts'

const listRoute = route({
  id: 'workflow.list',
  summary: 'Runs of slow work: what goes on first, then what is over, each the newest first.',
  method: 'get',
  path: '/admin/workflows',
  allow: 'administer',
  request: { query: ListWorkflows },
  responses: { 200: json(pageOf(WorkflowRun), 'A page') },
})

const getRoute = route({
  id: 'workflow.get',
  summary: 'One run: what it does at the moment, what fails, and its last steps.',
  method: 'get',
  path: '/admin/workflows/{workflowId}/runs/{runId}',
  allow: 'administer',
  fails: ['resource.notFound'],
  request: { params: GetWorkflow },
  responses: { 200: json(WorkflowHistory, 'The run') },
})

const moveRoute = route({
  id: 'workflow.move',
  summary: 'Retries, resets or cancels a run, for a reason that is kept in the audit stream.',
  method: 'post',
  path: '/admin/workflows/{workflowId}/runs/{runId}/moves',
  allow: 'administer',
  fails: ['resource.notFound', 'workflow.illegalMove', 'command.reused'],
  request: {
    headers: IdempotencyKey,
    params: GetWorkflow,
    body: body(MoveWorkflow.pick({ move: true, reason: true }), 'What is to become of it, and why'),
  },
  responses: { 200: json(MovedWorkflow, 'Temporal has been told') },
})

export const workflowRoutes = router()
  .openapi(listRoute, async (c) => c.json(await listWorkflows(c.var.ctx, c.req.valid('query')), 200))
  .openapi(getRoute, async (c) => c.json(await getWorkflow(c.var.ctx, c.req.valid('param')), 200))
  .openapi(moveRoute, async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    return c.json(await moveWorkflow(c.var.ctx, input), 200)
  })
