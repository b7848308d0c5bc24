import type { RoomId } from '../../client-sdk/contract/index.ts'
import { connect, type Parley, type ParleyError, type Room, type RoomMessage } from '../../client-sdk/src/index.ts'
import { randomFrom } from '../../persistence/testing/random.ts'
import { eraseMessages } from '../../server/log/erase-messages.ts'
import { addMember } from '../../server/rooms/add-member.ts'
import { removeMember } from '../../server/rooms/remove-member.ts'
import { commandId, type TestPerson, type World } from '../../server/testing.ts'
import { Network } from './testing-network.ts'
import type { Nodes } from './testing-nodes.ts'
import type { Step } from './testing-story.ts'

/** What the hub may refuse in a story, whose clients do not see each other's last move. */
const REFUSALS = new Set(['access.denied', 'message.deleted', 'message.reactionsFull', 'room.pinsFull', 'resource.notFound'])
/** Silence after which a client takes its node for dead, in ms. */
const ACK = 400

type Client = { parley: Parley; room: Room; network: Network }
export type Sent = { text: string; messageId: string | null; refused: string | null }

/** A room and four clients of it, each behind a network of its own, on whatever node it finds. */
export class Stage {
  readonly roomId: RoomId
  readonly clients: Client[]
  /** Everything that was said, once it is settled. */
  readonly sent: Promise<Sent>[] = []
  /** What else was done, once it is settled. */
  readonly done: Promise<unknown>[] = []
  readonly #w: World
  readonly #nodes: Nodes
  readonly #owner: TestPerson
  readonly #guest: TestPerson

  constructor(
    w: World,
    nodes: Nodes,
    { roomId, owner, guest }: { roomId: RoomId; owner: TestPerson; guest: TestPerson },
    tokens: string[],
    seed: number,
  ) {
    this.#w = w
    this.#nodes = nodes
    this.#owner = owner
    this.#guest = guest
    this.roomId = roomId
    this.clients = tokens.map((token, i) => this.#client(token, seed + i))
  }

  #client(token: string, seed: number): Client {
    const network = new Network(seed)
    const random = randomFrom(seed)
    const { urls } = this.#nodes
    const any = () => urls[Math.floor(random() * urls.length)]!
    const parley = connect({
      url: urls[0]!,
      openSocket: (_url, path, handshake) => network.open(any(), path, handshake),
      fetch: (url, init) => fetch(String(url).replace(urls[0]!, any()), init),
      ackTimeout: ACK,
      random: () => 0.02,
      getToken: async () => token,
      onError: () => {},
    })
    return { parley, network, room: parley.room(this.roomId) }
  }

  async play(step: Step): Promise<void> {
    const by = () => ({ commandId: commandId(), roomId: this.roomId, userId: this.#guest.userId })
    switch (step.do) {
      case 'send':
        for (const text of step.texts) this.#say(step.who, text)
        return
      case 'answer':
        return this.#about(step, (_room, message) => this.#say(step.who, step.text, message))
      case 'edit':
        return this.#about(step, (room, message) => this.#try(room.edit(message, step.text)))
      case 'delete':
      case 'pin':
      case 'unpin':
        return this.#about(step, (room, message) => this.#try(room[step.do](message)))
      case 'react':
      case 'unreact':
        return this.#about(step, (room, message) => this.#try(room[step.do](message, step.emoji)))
      case 'configure':
        return this.#try(this.clients[0]!.room.configure({ announcementsOnly: step.announcementsOnly }))
      case 'invite':
        return void (await addMember(this.#w.as(this.#owner), { ...by(), role: 'viewer' }).catch(expected('member.exists')))
      case 'expel':
        return void (await removeMember(this.#w.as(this.#owner), by()).catch(expected('resource.notFound')))
      case 'erase':
        return this.#erase()
      case 'cut':
        return this.clients[step.who]!.network.cut()
      case 'rejoin':
        return void this.clients[step.who]!.room.join().catch(() => {})
      case 'older':
        return void this.clients[step.who]!.room.loadOlder(5).catch(() => {})
      case 'weather':
        this.clients[step.who]!.network.weather = step.weather
        return
      case 'pause':
        return new Promise((done) => setTimeout(done, step.ms))
      case 'kill':
        return this.#nodes.kill(step.node)
      case 'stop':
        return this.#nodes.stop(step.node, step.ms)
      case 'killRedis':
      case 'stopRedis':
        return this.#nodes[step.do](step.ms)
      case 'emptyRedis':
        return this.#nodes.emptyRedis()
    }
  }

  #say(who: number, text: string, replyTo?: RoomMessage): void {
    const placed = this.clients[who]!.room.send(text, replyTo ? { replyTo } : {})
    this.sent.push(
      placed.then(
        ({ messageId }) => ({ text, messageId, refused: null }),
        (error: ParleyError) => ({ text, messageId: null, refused: refusal(error) }),
      ),
    )
  }

  /** Does something with the nth newest message that this client sees, its own pending ones included. */
  #about({ who, nth }: { who: number; nth: number }, act: (room: Room, message: RoomMessage) => void): void {
    const { room } = this.clients[who]!
    const message = room.state.messages.at(-1 - nth)
    if (message) act(room, message)
  }

  #try(work: Promise<unknown>): void {
    this.done.push(work.catch((error: ParleyError) => refusal(error)))
  }

  async #erase(): Promise<void> {
    const { rows } = await this.#w.db.pool.query<{ seq: string }>(
      `select m.seq from message m join event e on e.stream_id = m.room_id and e.seq = m.seq
        where m.room_id = $1 and e.personal is not null order by m.seq desc limit 1`,
      [this.roomId],
    )
    const seqs = rows.map((row) => Number(row.seq))
    const erasure = { commandId: commandId(), roomId: this.roomId, reason: 'moderation' as const }
    if (seqs.length > 0) await eraseMessages(this.#w.as(this.#owner), { ...erasure, seqs })
  }

  close(): void {
    for (const { parley } of this.clients) parley.close()
  }
}

const expected = (code: string) => (error: { code?: string }) => {
  if (error.code !== code) throw error
}

/** A refusal that a story may meet; any other is a fault. */
function refusal(error: ParleyError): string {
  if (!REFUSALS.has(error.code)) throw error
  return error.code
}
