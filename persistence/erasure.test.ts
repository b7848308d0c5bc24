import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { genesis, link } from '../client-sdk/contract/chain.ts'
import { type Checkpoint, newId, type RoomId, type StreamId } from '../client-sdk/contract/index.ts'
import type { LogEntry } from '../client-sdk/contract/verify.ts'
import { sendMessage } from '../server/chat/send-message.ts'
import { eraseMessages } from '../server/log/erase-messages.ts'
import { world } from '../server/testing.ts'
import { checkpointer, checkpointKeys, checkpointsOf, publishKey, type Signer, signCheckpoint, signerFrom } from './checkpoints.ts'
import type { Database } from './database.ts'
import { digest } from './digest.ts'
import { erase } from './erasure.ts'
import type { Entry } from './event-log.ts'
import { follow } from './followers.ts'
import { proofOf } from './log/read.ts'
import { messagesOf } from './messages.ts'
import { aCommand, anActor, aRoom, says, wordsOf } from './testing/log.ts'
import { openTestDatabase, type TestDatabase } from './testing.ts'
import { verifyStream } from './verify.ts'

let test_: TestDatabase
let db: Database
/** Whoever holds the database and can do anything with it, triggers and all. */
let attacker: pg.Client

beforeAll(async () => {
  test_ = await openTestDatabase()
  db = test_.db
  attacker = new pg.Client({ connectionString: test_.url, options: '-c search_path=parley -c session_replication_role=replica' })
  await attacker.connect()
})
afterAll(async () => {
  await attacker.end()
  await test_.close()
})

const newSigner = (): Signer =>
  signerFrom((generateKeyPairSync('ed25519').privateKey as KeyObject).export({ format: 'pem', type: 'pkcs8' }).toString())
const erasing = (room: RoomId, seqs: number[], more: Partial<Entry> = {}) => {
  const by = { streamId: room, actor: anActor(), commandId: aCommand(), accessVersion: 0, ...more }
  return db.orm.em.fork().transactional((em) => erase(em, db.log, { ...by, seqs, reason: 'personRequest' }))
}
async function conversation(...words: string[]): Promise<RoomId> {
  const room = await aRoom(db)
  for (const text of words) await db.log.submit(says(room, text))
  return room
}

/** Where in the whole database these bytes are: `table.column`. Every column of every table is looked at as text and as bytes. */
async function whereIs(words: string, superuser = attacker): Promise<string[]> {
  const { rows: columns } = await superuser.query<{ t: string; c: string; bytes: boolean }>(
    `select format('%I.%I', table_schema, table_name) as t, quote_ident(column_name) as c, data_type = 'bytea' as bytes
       from information_schema.columns join information_schema.tables using (table_schema, table_name)
      where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  )
  const found: string[] = []
  for (const { t, c, bytes } of columns) {
    const test = bytes ? `position(convert_to($1, 'UTF8') in ${c}) > 0` : `position($1 in ${c}::text) > 0`
    if ((await superuser.query(`select from ${t} where ${test} limit 1`, [words])).rowCount) found.push(`${t}.${c}`)
  }
  return found
}

describe('erasure', () => {
  test('P7: after an erasure the words are in no table, the chain verifies, and the message says which event took them', async () => {
    const room = await conversation('stays', 'my secret telephone 555-0199', 'also stays')
    expect(await whereIs('555-0199')).toEqual(['parley.event.personal'])
    const before = await verifyStream(db, room)
    expect(await erasing(room, [2])).toMatchObject({ seq: 4 })

    expect(await whereIs('555-0199')).toEqual([])
    expect(await whereIs('also stays')).toEqual(['parley.event.personal'])
    expect(before).toMatchObject({ ok: true, seq: 3 })
    expect(await verifyStream(db, room)).toMatchObject({ ok: true, seq: 4 })
    expect((await messagesOf(db.pool, room, { limit: 10 })).messages.map(({ seq, rev, text }) => ({ seq, rev, text }))).toEqual([
      { seq: 3, rev: 3, text: 'also stays' },
      { seq: 2, rev: 4, text: null },
      { seq: 1, rev: 1, text: 'stays' },
    ])
    const { rows } = await attacker.query('select personal, personal_salt from event where stream_id = $1 and seq = 2', [room])
    expect(rows).toEqual([{ personal: null, personal_salt: null }])
  })

  test('P7: nor are they anywhere after people have sent, repeated and erased through the use cases', async () => {
    const w = await world()
    const superuser = new pg.Client({ connectionString: w.url })
    await superuser.connect()
    const { roomId, owner, creator } = await w.negotiation()
    const words = 'the words that nobody may find'
    const message = { commandId: aCommand(), roomId, text: words }
    const { seq } = await sendMessage(w.as(creator), message)
    await sendMessage(w.as(creator), message)
    await expect(sendMessage(w.as(creator), { ...message, text: `${words}?` })).rejects.toMatchObject({ code: 'command.reused' })
    expect(await whereIs(words, superuser)).toEqual(['parley.event.personal'])
    const command = { commandId: aCommand(), roomId, seqs: [seq], reason: 'personRequest' as const }
    const erasure = await eraseMessages(w.as(owner), command)
    expect(await eraseMessages(w.as(owner), command)).toEqual(erasure)
    await sendMessage(w.as(creator), message)
    expect(await whereIs(words, superuser)).toEqual([])
    expect(await whereIs(command.commandId, superuser)).toEqual(['parley.command.id', 'parley.event.command_id'])
    expect(await verifyStream(w.db, roomId)).toMatchObject({ ok: true, seq: erasure.seq })
    await superuser.end()
    await w.close()
  })

  test('P7: an erasure is all or nothing: with one seq that has nothing to erase, nothing is erased', async () => {
    const room = await conversation('a', 'b')
    await erasing(room, [1])
    for (const seqs of [[2, 1], [2, 99], [3]]) await expect(erasing(room, seqs)).rejects.toMatchObject({ code: 'request.invalid' })
    expect(await wordsOf(db, room)).toEqual([null, 'b'])
    expect(await verifyStream(db, room)).toMatchObject({ ok: true, seq: 3 })
    await erasing(room, [2, 2])
    expect(await wordsOf(db, room)).toEqual([null, null])
  })

  test('P7: of two erasures of one message at once, one is done and the other is told so', async () => {
    const room = await conversation('a', 'b')
    const both = await Promise.allSettled([erasing(room, [1]), erasing(room, [1])])
    expect(both.map((b) => b.status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await verifyStream(db, room)).toMatchObject({ ok: true, seq: 3 })
  })

  test('P6: an erasure that was allowed before rights changed is refused, and takes nothing', async () => {
    const room = await conversation('a')
    await db.orm.em.fork().transactional((em) => db.log.append(em, [says(room, 'b')], [room]))
    await expect(erasing(room, [1])).rejects.toMatchObject({ code: 'access.changed' })
    expect(await wordsOf(db, room)).toEqual(['a', 'b'])
  })

  test('P7: a payload that is missing without an erasure fails, and so does one that is missing in part', async () => {
    const room = await conversation('a', 'b', 'c')
    const personal = Buffer.from('00'.repeat(32), 'hex')
    await attacker.query('update event set personal = null, personal_salt = null where stream_id = $1 and seq = 2', [room])
    expect(await verifyStream(db, room)).toEqual({ ok: false, seq: 2, problem: 'hash.differs' })
    await attacker.query('update event set erased = $2 where stream_id = $1 and seq = 2', [room, personal])
    expect(await verifyStream(db, room)).toEqual({ ok: false, seq: 2, problem: 'hash.differs' })

    const other = await conversation('a', 'b', 'c')
    await erasing(other, [1])
    await attacker.query(
      `update event set personal = null, personal_salt = null, erased = c.commitment
         from (select $2::bytea as commitment) c where stream_id = $1 and seq = 2`,
      [other, await commitmentOf(other, 2)],
    )
    expect(await verifyStream(db, other)).toEqual({ ok: false, seq: 2, problem: 'payload.missing' })
  })
})

describe('tampering', () => {
  /** All the hashes made anew from this seq on, and the stream's head with them: what whoever holds the database can do. */
  async function recompute(stream: StreamId, checkpointsToo: boolean): Promise<void> {
    const { hash, seq } = await attacked(stream)
    await attacker.query('update stream set last_seq = $2, last_hash = $3 where id = $1', [stream, seq, hash])
    if (checkpointsToo) await attacker.query('delete from checkpoint where stream_id = $1', [stream])
  }
  async function attacked(stream: StreamId): Promise<{ hash: Uint8Array; seq: number }> {
    let hash = genesis(digest, stream)
    let seq = 0
    for await (const entry of proofOf(db.pool, stream)) {
      seq = entry.seq
      const { id, type, version, actor, at } = entry
      hash = link(
        digest,
        hash,
        { stream, seq, id, type, version, actor, at },
        sealed(entry, 'deal'),
        entry.erased ?? sealed(entry, 'personal'),
      )
      await attacker.query('update event set hash = $3 where stream_id = $1 and seq = $2', [stream, seq, hash])
    }
    return { hash, seq }
  }
  const change = (room: RoomId) =>
    attacker.query(`update event set personal = replace(personal, '100', '900') where stream_id = $1 and seq = 2`, [room])
  const swap = (room: RoomId) =>
    attacker.query(
      `with pair as (select seq, id, personal, personal_salt from event where stream_id = $1 and seq in (2, 3))
       update event e set id = p.id, personal = p.personal, personal_salt = p.personal_salt
         from pair p where e.stream_id = $1 and e.seq in (2, 3) and p.seq = 5 - e.seq`,
      [room],
    )
  const insert = async (room: RoomId) => {
    await attacker.query('update event set seq = seq + 1000 where stream_id = $1 and seq > 2', [room])
    await attacker.query(
      `insert into event select stream_id, 3, tx, pos, gen_random_uuid(), type, version, actor_key, gen_random_uuid(), n, deal, deal_salt, personal, personal_salt, erased, hash, at
         from event where stream_id = $1 and seq = 2`,
      [room],
    )
    await attacker.query('update event set seq = seq - 999 where stream_id = $1 and seq > 1000', [room])
  }
  const cut = (room: RoomId) => attacker.query('delete from event where stream_id = $1 and seq > 3', [room])
  const takeOut = (room: RoomId) => attacker.query('delete from event where stream_id = $1 and seq = 2', [room])

  /** Four messages, and the hub's checkpoint of the last, kept elsewhere too. */
  async function evidence(): Promise<{ room: RoomId; kept: Checkpoint; signer: Signer }> {
    const room = await conversation('hello', 'the fee is 100', 'agreed', 'bye')
    const signer = newSigner()
    await publishKey(db.pool, signer)
    const { rows } = await attacker.query<{ hash: string }>(`select encode(last_hash, 'hex') as hash from stream where id = $1`, [room])
    const kept = signCheckpoint(signer, room, 4, rows[0]!.hash, new Date())
    await db.pool.query(
      `insert into checkpoint (stream_id, seq, hash, at, key_id, signature) values ($1, 4, decode($2, 'hex'), $3, $4, $5)`,
      [room, kept.hash, kept.at, kept.keyId, kept.signature],
    )
    expect(await verifyStream(db, room, { checkpoints: [kept], pinned: [signer.jwk] })).toMatchObject({ ok: true, seq: 4 })
    return { room, kept, signer }
  }

  test.each([
    ['a changed byte', change, { seq: 2, problem: 'hash.differs' }],
    ['two events swapped', swap, { seq: 2, problem: 'hash.differs' }],
    ['an event put in', insert, { seq: 3, problem: 'hash.differs' }],
    ['an event taken out', takeOut, { seq: 2, problem: 'seq.notNext' }],
    ['a tail cut off', cut, { seq: 4, problem: 'tail.cut' }],
  ])('P7: %s is found by the chain, without any checkpoint', async (_name, attack, problem) => {
    const { room } = await evidence()
    await attacker.query('delete from checkpoint where stream_id = $1', [room])
    await attack(room)
    expect(await verifyStream(db, room)).toEqual({ ok: false, ...problem })
  })

  test.each([
    ['type', `update event set type = 'chat.other' where stream_id = $1 and seq = 2`],
    ['version', 'update event set version = 2 where stream_id = $1 and seq = 2'],
    ['actor', 'update event set actor_key = gen_random_uuid() where stream_id = $1 and seq = 2'],
    ['id', 'update event set id = gen_random_uuid() where stream_id = $1 and seq = 2'],
    ['time', `update event set at = at + interval '1 millisecond' where stream_id = $1 and seq = 2`],
    ['salt', `update event set personal_salt = '\\x00' where stream_id = $1 and seq = 2`],
    ['deal', `update event set deal = '{}', deal_salt = '\\x00' where stream_id = $1 and seq = 2`],
  ])('P7: another %s is found', async (_name, sql) => {
    const { room } = await evidence()
    await attacker.query(sql, [room])
    expect(await verifyStream(db, room)).toEqual({ ok: false, seq: 2, problem: 'hash.differs' })
  })

  test.each([
    ['a changed byte', change, { seq: 4, problem: 'checkpoint.differs' }],
    ['two events swapped', swap, { seq: 4, problem: 'checkpoint.differs' }],
    ['an event put in', insert, { seq: 4, problem: 'checkpoint.differs' }],
    ['a tail cut off', cut, { seq: 4, problem: 'tail.cut' }],
  ])('P7: %s and all hashes made anew is found by a checkpoint', async (_name, attack, problem) => {
    const { room, kept, signer } = await evidence()
    await attack(room)
    await recompute(room, false)
    expect(await verifyStream(db, room)).toEqual({ ok: false, ...problem }) // by the one in the database
    await recompute(room, true)
    expect(await verifyStream(db, room)).toMatchObject({ ok: true }) // who holds the database has left no trace in it
    expect(await verifyStream(db, room, { checkpoints: [kept], pinned: [signer.jwk] })).toEqual({ ok: false, ...problem })
  })

  test('P7: a stream that is gone, row and all, is a cut tail', async () => {
    const { room, kept, signer } = await evidence()
    await attacker.query('delete from event where stream_id = $1', [room])
    await attacker.query('delete from stream where id = $1', [room])
    expect(await verifyStream(db, room, { checkpoints: [kept], pinned: [signer.jwk] })).toMatchObject({ ok: false, problem: 'tail.cut' })
  })

  test("P7: the attacker's own checkpoint, and own key beside the others, do not pass with a pinned key", async () => {
    const { room, signer } = await evidence()
    await change(room)
    await recompute(room, true)
    const own = newSigner()
    await publishKey(db.pool, own)
    const { rows } = await attacker.query<{ hash: string }>(`select encode(last_hash, 'hex') as hash from stream where id = $1`, [room])
    const forged = signCheckpoint(own, room, 4, rows[0]!.hash, new Date())
    expect(await verifyStream(db, room, { checkpoints: [forged] })).toMatchObject({ ok: true }) // keys out of the database prove nothing
    const refused = { ok: false, seq: 4, problem: 'checkpoint.badSignature' }
    expect(await verifyStream(db, room, { checkpoints: [forged], pinned: [signer.jwk] })).toEqual(refused)
    const renamed = { ...forged, keyId: signer.jwk.kid }
    expect(await verifyStream(db, room, { checkpoints: [renamed], pinned: [signer.jwk] })).toEqual(refused)
  })

  test('P7: a checkpoint of another stream does not count for this one', async () => {
    const [one, other] = [await evidence(), await evidence()]
    const verdict = await verifyStream(db, one.room, { checkpoints: [other.kept], pinned: [one.signer.jwk, other.signer.jwk] })
    expect(verdict).toEqual({ ok: false, seq: 4, problem: 'checkpoint.badSignature' })
  })
})

describe('checkpoints', () => {
  test('P7: a follower signs where active streams stand, keys are published with their history, and erasure changes nothing', async () => {
    const [before, signer] = [newSigner(), newSigner()]
    await publishKey(db.pool, before)
    await publishKey(db.pool, signer)
    await publishKey(db.pool, signer)
    const kids = (await checkpointKeys(db.pool)).map((jwk) => jwk.kid)
    expect(kids.filter((kid) => kid === signer.jwk.kid)).toHaveLength(1)
    expect(kids.indexOf(before.jwk.kid)).toBeLessThan(kids.indexOf(signer.jwk.kid))
    expect(await whereIs('"d":')).toEqual([]) // no private part

    const room = await conversation('a', 'b', 'c')
    const signing = follow(db, checkpointer(signer), 20)
    const newest = async () => (await checkpointsOf(db.pool, room, 1))[0]?.seq
    await expect.poll(newest, { timeout: 10_000 }).toBe(3)
    await erasing(room, [2])
    await expect.poll(newest, { timeout: 10_000 }).toBe(4)
    await signing.stop()
    const checkpoints = await checkpointsOf(db.pool, room, 10)
    expect(checkpoints.slice(0, 2).map((c) => c.seq)).toEqual([4, 3]) // and maybe one before: an open write elsewhere may have held the follower back
    expect(checkpoints.every((c) => c.keyId === signer.jwk.kid)).toBe(true)
    expect(await verifyStream(db, room, { checkpoints, pinned: [signer.jwk] })).toMatchObject({ ok: true, seq: 4 })
  })

  test('a key that is not Ed25519 signs nothing', () => {
    const pem = (type: 'ed448' | 'x25519') =>
      generateKeyPairSync(type as 'ed448')
        .privateKey.export({ format: 'pem', type: 'pkcs8' })
        .toString()
    for (const type of ['ed448', 'x25519'] as const) expect(() => signerFrom(pem(type))).toThrow(TypeError)
  })

  test('the head of an empty stream can be sworn to', async () => {
    const signer = newSigner()
    const room = await aRoom(db)
    const genesisHash = Buffer.from(genesis(digest, room)).toString('hex')
    const at = (hash: string) =>
      verifyStream(db, room, { checkpoints: [signCheckpoint(signer, room, 0, hash, new Date())], pinned: [signer.jwk] })
    expect(await at(genesisHash)).toEqual({ ok: true, seq: 0, hash: genesisHash })
    expect(await at('0'.repeat(64))).toEqual({ ok: false, seq: 0, problem: 'checkpoint.differs' })
    expect(await verifyStream(db, newId<RoomId>())).toEqual({ ok: false, seq: 0, problem: 'tail.cut' })
  })
})

const sealed = (entry: LogEntry, part: 'deal' | 'personal'): Uint8Array => {
  const salt = part === 'deal' ? entry.dealSalt : entry.personalSalt
  const bytes = entry[part]
  return bytes === null || salt === null ? new Uint8Array(32) : digest.hmacSha256(salt, Buffer.from(bytes))
}
async function commitmentOf(stream: StreamId, seq: number): Promise<Uint8Array> {
  for await (const entry of proofOf(db.pool, stream)) if (entry.seq === seq) return sealed(entry, 'personal')
  throw new Error('no such event')
}
