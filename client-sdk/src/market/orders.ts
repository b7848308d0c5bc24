import type { ParleyError } from '../../contract/errors.ts'
import type { CommandId } from '../../contract/ids.ts'
import type { CommandName, Output } from '../../contract/index.ts'
import { newId } from '../../contract/uuid.ts'
import { isRetryable } from '../errors.ts'
import { Pauses } from '../pauses.ts'
import type { Ports } from '../ports.ts'
import { heard } from '../promises.ts'
import type { CommandInput } from '../socket.ts'

/** What a market is told to do: until it is answered, through every reconnect, with one effect. */
export class Orders {
  readonly #ports: Ports
  readonly #pauses = new Pauses()
  #over: ParleyError | null = null

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** What may have arrived goes again under its own command id. */
  order<C extends CommandName>(name: C, input: Omit<CommandInput<C>, 'commandId'>): Promise<Output<C>> {
    const command = { ...input, commandId: newId<CommandId>() } as unknown as CommandInput<C>
    return this.insist(() => this.#ports.command(name, command))
  }

  /** Tries again whatever may be tried again: it has one effect, however often it is run. */
  insist<T>(run: () => Promise<T>): Promise<T> {
    this.#ports.stirred()
    return heard(this.#insist(run))
  }

  async #insist<T>(run: () => Promise<T>): Promise<T> {
    for (let failed = 0; ; failed++) {
      if (this.#over) throw this.#over
      try {
        return await run()
      } catch (error) {
        if (this.#over || !isRetryable(error)) throw this.#over ?? error
        await this.#pauses.pause(Math.max(this.#ports.backoff(failed), 1_000 * ((error as ParleyError).retryAfter ?? 0)))
      }
    }
  }

  /** The connection is there again: nothing has to wait for it any more. */
  online(): void {
    this.#pauses.end()
  }

  stop(reason: ParleyError): void {
    this.#over = reason
    this.#pauses.end()
  }
}
