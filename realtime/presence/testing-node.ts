import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { signerFrom } from '../../persistence/checkpoints.ts'
import { openDatabase } from '../../persistence/database.ts'
import { given, say } from '../../persistence/testing/child.ts'
import { house } from '../../server/ctx.ts'
import { unlimited } from '../../server/limits.ts'
import { createTokens } from '../../server/sessions/tokens.ts'
import { openHub } from '../hub.ts'

/** A node in a process of its own, whose clock is wrong by so many ms. Says where it is. */
const { url, key, skew } = given<{ url: string; key: string; skew: number }>()
const now = Date.now
Date.now = () => now() + skew
globalThis.Date = class extends Date {
  constructor(...args: unknown[]) {
    super(...((args.length === 0 ? [Date.now()] : args) as [number]))
  }
} as DateConstructor

const db = await openDatabase({ url, maxConnections: 5 })
const signer = signerFrom(key)
const tokens = createTokens({ signer, seconds: 900 })
// Sessions are not what is tried here: they end by the right time.
const parts = house(db, { tokens, limits: unlimited(), sessionDays: 30, signer }, () => new Date(now()))
const http = createServer()
openHub(http, { house: parts, isAllowedOrigin: () => true, log: () => {}, dropped: () => {}, failed: () => {} })
http.listen(0, '127.0.0.1', () => say(`http://127.0.0.1:${(http.address() as AddressInfo).port}`))
