import { AuditEntry, Page, pageOf } from '../../client-sdk/contract/index.ts'
import { json, route, router } from '../route.ts'
import { readAudit } from './read-audit.ts'

const auditRoute = route({
  id: 'audit.read',
  summary: 'What was done to the platform as a whole, the newest first.',
  method: 'get',
  path: '/admin/audit',
  allow: 'administer',
  request: { query: Page },
  responses: { 200: json(pageOf(AuditEntry), 'A page') },
})

export const auditRoutes = router().openapi(auditRoute, async (c) => c.json(await readAudit(c.var.ctx, c.req.valid('query')), 200))
