import { STATUS_CODES } from 'node:http'
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { type ErrorCode, errors, faultCode, ParleyError, wireError } from '../client-sdk/contract/index.ts'
import { foreseen } from './foreseen.ts'

/** RFC 9457. `detail` is for people; a program goes by `code` and `retryable`. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(errors) as [ErrorCode, ...ErrorCode[]]),
    detail: z.string(),
    retryable: z.boolean(),
    retryAfter: z.int().optional(),
    requestId: z.string(),
  })
  .openapi('Problem')
export type Problem = z.output<typeof Problem>

/** A `ParleyError` for all that was foreseen; anything else as it is. */
export const named = (error: unknown): unknown => (error instanceof HTTPException ? fromHono(error.status) : foreseen(error))

function fromHono(status: number): ParleyError {
  if (status === 400) return new ParleyError('request.invalid', 'body: is not valid JSON')
  if (status === 415) return new ParleyError('request.invalid', 'body: must be sent as application/json')
  return new ParleyError('request.invalid', 'This request is not valid')
}

/** Names the field, never its content. */
export function invalid(target: string, { issues: [issue] }: z.ZodError): ParleyError {
  const field = issue?.path.map(String).join('.') || (target === 'json' ? 'body' : target)
  return new ParleyError(issue ? faultCode(issue) : 'request.invalid', `${field}: ${issue?.message ?? 'is not valid'}`.slice(0, 300))
}

/** The answer to a call that failed; see `named`. */
export function problem(c: Context, error: unknown, requestId: string): Response {
  const { code, message, retryable, retryAfter } = wireError(error, requestId)
  const { status } = errors[code]
  const title = STATUS_CODES[status] ?? 'Error'
  const after = retryAfter === undefined ? {} : { retryAfter }
  const body: Problem = { type: `/errors#${code}`, title, status, code, detail: message, retryable, ...after, requestId }
  if (status === 401) c.header('WWW-Authenticate', 'Bearer')
  if (retryable) c.header('Retry-After', String(retryAfter ?? 1))
  return c.body(JSON.stringify(body), status as ContentfulStatusCode, { 'Content-Type': 'application/problem+json' })
}
