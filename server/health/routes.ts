import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { read } from '../../persistence/sql.ts'
import type { House } from '../ctx.ts'
import { type Engine, json, route, router } from '../route.ts'

const Alive = z.object({ alive: z.literal(true) })
const Readiness = z.object({ ready: z.boolean(), engines: z.array(z.object({ name: z.string(), on: z.boolean(), why: z.string() })) })
/** In ms. PostgreSQL that takes longer to say anything is as good as gone. */
const PATIENCE = 1_000

const aliveRoute = route({
  id: 'health.alive',
  summary: 'Whether the process answers.',
  method: 'get',
  path: '/livez',
  allow: 'anyone',
  responses: { 200: json(Alive, 'The process answers: do not restart it') },
})

const readyRoute = route({
  id: 'health.ready',
  summary: 'Whether it can serve requests, and which engines it has.',
  method: 'get',
  path: '/readyz',
  allow: 'anyone',
  responses: { 200: json(Readiness, 'Send it requests'), 503: json(Readiness, 'Send it none: PostgreSQL is out of reach') },
})

export const healthRoutes = router()
  .openapi(aliveRoute, (c) => c.json({ alive: true } as const, 200))
  .openapi(readyRoute, async (c) => {
    const postgres = await askPostgres(c.var.house)
    const engines = [postgres, ...c.var.engines()]
    return c.json({ ready: postgres.on, engines }, postgres.on ? 200 : 503)
  })

async function askPostgres({ db }: House): Promise<Engine> {
  const name = 'PostgreSQL'
  const answered = read(db.pool, 'ping', 'select 1', []).then(
    () => ({ name, on: true, why: 'it answers' }),
    () => ({ name, on: false, why: 'it cannot be reached' }),
  )
  const late = new AbortController()
  const tooLate = sleep(PATIENCE, { name, on: false, why: 'it does not answer in time' }, { signal: late.signal })
  tooLate.catch(() => {}) // it was stopped: the answer came first
  try {
    return await Promise.race([answered, tooLate])
  } finally {
    late.abort()
  }
}
