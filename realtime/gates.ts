import type { RoomId, StreamId } from '../client-sdk/contract/index.ts'
import type { Committed } from '../persistence/event-log.ts'
import { Gate, type GatePorts } from './gate.ts'
import type { RoomFacts } from './room-facts.ts'
import type { AppSocket } from './socket.ts'

/** The gates of the rooms that somebody on this node has open. */
export class Gates {
  readonly #gates = new Map<StreamId, Gate>()
  readonly #ports: GatePorts

  constructor(ports: GatePorts) {
    this.#ports = ports
  }

  /** The room's gate; a new one has delivered everything up to what the facts know. */
  open(roomId: RoomId, facts: RoomFacts): Gate {
    const known = this.#gates.get(roomId)
    known?.learn(facts)
    if (known) return known
    const gate = new Gate(roomId, facts, this.#ports)
    this.#gates.set(roomId, gate)
    return gate
  }

  get(roomId: StreamId): Gate | undefined {
    return this.#gates.get(roomId)
  }

  leave(roomId: StreamId, socket: AppSocket): void {
    const gate = this.#gates.get(roomId)
    gate?.leave(socket)
    if (!gate?.isEmpty) return
    gate.close()
    this.#gates.delete(roomId)
  }

  offer(committed: Committed): void {
    this.#gates.get(committed.streamId)?.offer(committed)
  }

  reach(streamId: StreamId, seq: number): void {
    this.#gates.get(streamId)?.reach(seq)
  }

  close(): void {
    for (const gate of this.#gates.values()) gate.close()
    this.#gates.clear()
  }
}
