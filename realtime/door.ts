import {
  type CommandName,
  commands,
  faultCode,
  type Input,
  isPlatformRule,
  isRule,
  may,
  type Output,
  ParleyError,
  type Reply,
  wireError,
} from '../client-sdk/contract/index.ts'
import { type Ctx, context, type House } from '../server/ctx.ts'
import { foreseen } from '../server/foreseen.ts'
import { type Limits, limited } from '../server/limits.ts'
import { cutOff, MOST_UNREAD, unread } from './outgoing.ts'
import type { AppSocket } from './socket.ts'

export type Handlers = { [C in CommandName]: (ctx: Ctx, input: Input<C>, socket: AppSocket) => Promise<Output<C>> }
/** One command as it went. `error` is there only for what was not foreseen. */
export type Line = { command: string; actor: string; requestId: string; code: string; ms: number; error?: unknown }
export type DoorPorts = {
  house: House
  log(line: Line): void
  /** A command without somebody to answer, or beyond the limit. */
  dropped(name: string): void
  /** Says why, and closes the socket. */
  cut(socket: AppSocket, error: ParleyError): void
}

/** Throws for a command without a rule: it must not start. */
function assertEveryCommandHasARule(): void {
  for (const [name, { allow }] of Object.entries(commands)) {
    if (!isRule(allow)) throw new Error(`${name} has no permission rule`)
  }
}

/**
 * The only way a command enters. A use case sees valid input and throws; here its errors become replies. Every command,
 * known or not, spends its share of the limit; one without an acknowledgement function is dropped and counted.
 */
export function door(ports: DoorPorts, handlers: Handlers): (socket: AppSocket, name: string, args: readonly unknown[]) => Promise<void> {
  assertEveryCommandHasARule()
  return async (socket, name, args) => {
    const { session } = socket.data // read at each command: it is renewed on the open socket
    const beyond = limitFor(ports.house.limits, socket)
    if (beyond && ++socket.data.refused > MOST_REFUSED)
      return ports.cut(socket, new ParleyError('rate.limited', 'Too many commands, for too long'))
    if (!beyond) socket.data.refused = 0
    if (unread(socket) > MOST_UNREAD) return cutOff(socket)
    const command = Object.hasOwn(commands, name) ? name : 'unknown' // a stranger's words stay out of logs and metrics
    const reply = args.at(-1)
    if (typeof reply !== 'function') return ports.dropped(command)

    const ctx = context(ports.house, session)
    const started = performance.now()
    let answer: Reply<unknown>
    let failure: unknown
    try {
      if (beyond) throw beyond
      if (session.endsAt <= ctx.now()) throw new ParleyError('session.ended', 'Sign in again')
      answer = { ok: true, data: await inTime(call(ctx, socket, name, args)) }
    } catch (cause) {
      const error = foreseen(cause)
      answer = { ok: false, error: wireError(error, ctx.requestId) }
      if (answer.error.code === 'server.failed') failure = error
    }
    // Again, since answers that were read together come together.
    if (unread(socket) > MOST_UNREAD) cutOff(socket)
    else reply(answer)
    const code = answer.ok ? 'ok' : answer.error.code
    if (code === 'rate.limited') return ports.dropped(command) // counted, not listed: it is what floods are made of
    ports.log({
      command,
      actor: session.userId,
      requestId: ctx.requestId,
      code,
      ms: Math.round((performance.now() - started) * 100) / 100,
      error: failure,
    })
  }

  async function call(ctx: Ctx, socket: AppSocket, name: string, args: readonly unknown[]): Promise<unknown> {
    if (!Object.hasOwn(commands, name)) throw new ParleyError('request.unknownCommand', 'There is no such command')
    const { input, allow } = commands[name as CommandName]
    // Another rule is asked where the room, or the brand, is known: in the use case.
    if (isPlatformRule(allow) && !may(allow, socket.data.session.role))
      throw new ParleyError('access.denied', 'Your role does not allow that')
    const parsed = input.safeParse(args.length === 2 ? args[0] : undefined)
    if (!parsed.success) throw invalid(parsed.error.issues[0])
    const handler = handlers[name as CommandName] as (ctx: Ctx, input: unknown, socket: AppSocket) => Promise<unknown>
    return handler(ctx, parsed.data, socket)
  }
}

/** Spends a command: of the socket's share first, so that what it may not do costs its person nothing. */
function limitFor(limits: Limits, { id, data }: AppSocket): ParleyError | null {
  if (!limits.sockets.take(id)) return limited(limits, 'sockets', id)
  return limits.commands.take(data.session.userId) ? null : limited(limits, 'commands', data.session.userId)
}

/** Commands beyond the limit in a row, after which a socket is closed. */
const MOST_REFUSED = 1_000

/** Clients take a hub that says nothing for 10 s for dead. This is the word that keeps them, in ms. */
const DEADLINE = 8_000

/** What takes too long goes on; whether it comes to pass is unknown, which is what `server.unavailable` says. */
function inTime<T>(work: Promise<T>): Promise<T> {
  return new Promise((done, fail) => {
    const late = () => fail(new ParleyError('server.unavailable', 'This takes too long; send the same again'))
    const timer = setTimeout(late, DEADLINE)
    work.then(done, fail).finally(() => clearTimeout(timer))
  })
}

/** Names the field, never its content. */
function invalid(issue: Issue | undefined): ParleyError {
  if (!issue) return new ParleyError('request.invalid', 'Invalid input')
  return new ParleyError(faultCode(issue), `${issue.path.map(String).join('.') || 'input'}: ${issue.message}`.slice(0, 300))
}
type Issue = Parameters<typeof faultCode>[0] & { message: string }
