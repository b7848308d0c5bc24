import type { ActorKey, RoomId } from '../../client-sdk/contract/index.ts'
import type { NodeId, Nodes, Open } from '../../persistence/presence.ts'

type Written = Nodes['changed']

/** What other nodes wrote of who has which room open. Each method returns the rooms that changed by it. */
export class Elsewhere {
  readonly #rooms = new Map<RoomId, Map<NodeId, Open>>()

  learn(written: Written): RoomId[] {
    return written.flatMap(({ node, roomId, ...open }) => (this.#set(roomId, node, open) ? [roomId] : []))
  }

  /** All that there is: what is not in it is gone. */
  replace(written: Written): RoomId[] {
    const current = new Set(written.map(({ node, roomId }) => node + roomId))
    const gone = this.#drop((node, roomId) => !current.has(node + roomId))
    return [...gone, ...this.learn(written)]
  }

  /** Forgets every node but these. */
  keep(nodes: ReadonlySet<NodeId>): RoomId[] {
    return this.#drop((node) => !nodes.has(node))
  }

  in(roomId: RoomId): Iterable<Open> {
    return this.#rooms.get(roomId)?.values() ?? []
  }

  #set(roomId: RoomId, node: NodeId, { active, away }: Open): boolean {
    const nodes = this.#rooms.get(roomId) ?? new Map<NodeId, Open>()
    const before = nodes.get(node) ?? { active: '', away: '' }
    if (before.active === active && before.away === away) return false
    if (active === '' && away === '') nodes.delete(node)
    else nodes.set(node, { active, away })
    if (nodes.size === 0) this.#rooms.delete(roomId)
    else this.#rooms.set(roomId, nodes)
    return true
  }

  #drop(isGone: (node: NodeId, roomId: RoomId) => boolean): RoomId[] {
    const gone: RoomId[] = []
    for (const [roomId, nodes] of this.#rooms) {
      const before = nodes.size
      for (const node of nodes.keys()) if (isGone(node, roomId)) nodes.delete(node)
      if (nodes.size < before) gone.push(roomId)
      if (nodes.size === 0) this.#rooms.delete(roomId)
    }
    return gone
  }
}

/** As a node writes it. In a fixed order, so that the same people are the same words. */
export function openOf(present: ReadonlyMap<ActorKey, boolean>): Open {
  const keys = [...present.keys()].sort()
  const join = (away: boolean) => keys.filter((key) => present.get(key) === away).join(',')
  return { active: join(false), away: join(true) }
}

/** Everybody who is there, on whatever node. Away is who is away everywhere. */
export function together(here: ReadonlyMap<ActorKey, boolean>, elsewhere: Iterable<Open>): Map<ActorKey, boolean> {
  const all = new Map(here)
  for (const { active, away } of elsewhere) {
    for (const key of keysOf(active)) all.set(key, false)
    for (const key of keysOf(away)) if (!all.has(key)) all.set(key, true)
  }
  return all
}

const keysOf = (list: string) => (list === '' ? [] : (list.split(',') as ActorKey[]))
