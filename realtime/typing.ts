import { can, type Input, ParleyError, type RoomId } from '../client-sdk/contract/index.ts'
import type { Ctx } from '../server/ctx.ts'
import { denied } from '../server/rooms/authorise.ts'
import type { Gates } from './gates.ts'
import { socketsOf } from './reads.ts'
import type { AppServer, AppSocket } from './socket.ts'

/** Within this the same is not told again, in ms. */
const REPEAT = 2_000
/** Readers let it end by themselves after this, in ms, so that a lost end is no harm. */
const LASTS = 6_000

/** `at`: when `true` was last told; `isOn`: nothing was told since that ended it. By this process's clock. */
type Told = { at: number; isOn: boolean }

/** Who is writing something. Nothing is kept, and nobody asks the database: the gate knows who is in the room and may speak. */
export class Typing {
  readonly #io: AppServer
  readonly #gates: Gates
  readonly #told = new WeakMap<AppSocket, Map<RoomId, Told>>()

  constructor(io: AppServer, gates: Gates) {
    this.#io = io
    this.#gates = gates
  }

  /** Throws `resource.notFound` unless the room is open on this socket, and `access.denied` to who may not speak there. */
  async handle(_ctx: Ctx, { roomId, typing }: Input<'room.typing'>, socket: AppSocket): Promise<Record<string, never>> {
    const gate = this.#gates.get(roomId)
    const insider = gate?.insider(socket)
    if (!gate || !insider) throw new ParleyError('resource.notFound', 'No such room')
    if (!insider.told || !can('speak', { ...gate.facts, role: insider.role })) throw denied()
    if (!typing) this.stop(roomId, socket)
    else if (gate.isSmall) this.#start(roomId, socket)
    return {}
  }

  /** They stopped, or are no longer there. */
  stop(roomId: RoomId, socket: AppSocket): void {
    const told = this.#told.get(socket)?.get(roomId)
    if (!told?.isOn) return
    told.isOn = false
    if (performance.now() - told.at < LASTS) this.#tell(roomId, socket, false)
  }

  #start(roomId: RoomId, socket: AppSocket): void {
    const rooms = this.#told.get(socket) ?? new Map<RoomId, Told>()
    this.#told.set(socket, rooms)
    const now = performance.now()
    if (now - (rooms.get(roomId)?.at ?? Number.NEGATIVE_INFINITY) < REPEAT) return
    rooms.set(roomId, { at: now, isOn: true })
    this.#tell(roomId, socket, true)
  }

  /** To everybody in the room, on all nodes with Redis, but for the same person's other devices. */
  #tell(roomId: RoomId, socket: AppSocket, typing: boolean): void {
    const member = this.#gates.get(roomId)?.insider(socket)?.key
    if (member) this.#io.to(roomId).except(socketsOf(socket.data.session.userId)).emit('room.typing', { roomId, member, typing })
  }
}
