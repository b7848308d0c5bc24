import type { ActorKey, RoomId, UserId } from '../../client-sdk/contract/index.ts'
import type { Connected } from '../../persistence/presence.ts'

/** A connection to this node. `rooms`: what it has open, where the room knows its person. */
type Device = { userId: UserId; away: boolean; hidden: boolean; rooms: Map<RoomId, ActorKey> }
type Changed = { room(roomId: RoomId): void; person(userId: UserId): void }

/** Who is on this node, and in which rooms. `S`: what stands for a connection. Says what has changed, not how. */
export class Here<S extends object> {
  readonly #devices = new Map<S, Device>()
  readonly #people = new Map<UserId, Set<Device>>()
  readonly #rooms = new Map<RoomId, Map<ActorKey, Set<Device>>>()
  readonly #changed: Changed

  constructor(changed: Changed) {
    this.#changed = changed
  }

  /** Until `hide` has said otherwise, nobody sees them. */
  connect(socket: S, userId: UserId): void {
    const device = { userId, away: false, hidden: true, rooms: new Map() }
    this.#devices.set(socket, device)
    add(this.#people, userId, device)
    this.#changed.person(userId)
  }

  disconnect(socket: S): void {
    const device = this.#devices.get(socket)
    if (!device) return
    for (const roomId of device.rooms.keys()) this.leave(roomId, socket)
    this.#devices.delete(socket)
    remove(this.#people, device.userId, device)
    this.#changed.person(device.userId)
  }

  enter(roomId: RoomId, socket: S, key: ActorKey): void {
    const device = this.#devices.get(socket)
    if (!device || device.rooms.has(roomId)) return
    device.rooms.set(roomId, key)
    const members = this.#rooms.get(roomId) ?? new Map<ActorKey, Set<Device>>()
    this.#rooms.set(roomId, members)
    add(members, key, device)
    if (!device.hidden) this.#changed.room(roomId)
  }

  leave(roomId: RoomId, socket: S): void {
    const device = this.#devices.get(socket)
    const key = device?.rooms.get(roomId)
    if (!device || !key) return
    device.rooms.delete(roomId)
    const members = this.#rooms.get(roomId)!
    remove(members, key, device)
    if (members.size === 0) this.#rooms.delete(roomId)
    if (!device.hidden) this.#changed.room(roomId)
  }

  /** Nothing was done on this device for a while, or again. */
  setAway(socket: S, away: boolean): void {
    const device = this.#devices.get(socket)
    if (!device || device.away === away) return
    device.away = away
    this.#changed.person(device.userId)
    if (!device.hidden) for (const roomId of device.rooms.keys()) this.#changed.room(roomId)
  }

  hide(socket: S, hidden: boolean): void {
    const device = this.#devices.get(socket)
    if (!device || device.hidden === hidden) return
    device.hidden = hidden
    for (const roomId of device.rooms.keys()) this.#changed.room(roomId)
  }

  /** Who has the room open here and does not hide it, and whether they are away on all their devices of this node. */
  in(roomId: RoomId): Map<ActorKey, boolean> {
    const present = new Map<ActorKey, boolean>()
    for (const [key, devices] of this.#rooms.get(roomId) ?? []) {
      const shown = [...devices].filter(({ hidden }) => !hidden)
      if (shown.length > 0) present.set(key, isAway(shown))
    }
    return present
  }

  /** Null for somebody with no connection here. */
  connected(userId: UserId): Connected | null {
    const devices = this.#people.get(userId)
    return devices ? { userId, sockets: devices.size, away: isAway([...devices]) } : null
  }

  rooms(): Iterable<RoomId> {
    return this.#rooms.keys()
  }

  people(): Iterable<UserId> {
    return this.#people.keys()
  }
}

const isAway = (devices: readonly Device[]) => devices.every(({ away }) => away)

function add<K>(sets: Map<K, Set<Device>>, key: K, device: Device): void {
  const set = sets.get(key)
  if (set) set.add(device)
  else sets.set(key, new Set([device]))
}

function remove<K>(sets: Map<K, Set<Device>>, key: K, device: Device): void {
  const set = sets.get(key)
  set?.delete(device)
  if (set?.size === 0) sets.delete(key)
}
