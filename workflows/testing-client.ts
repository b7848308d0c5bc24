import { Client } from '@temporalio/client'
import { connectClient } from './reach.ts'
import type { TestServer } from './testing.ts'

/** A client of a test's own Temporal, as the program has one. */
export async function testClient({ server }: TestServer): Promise<{ client: Client; close(): Promise<void> }> {
  const connection = await connectClient({ address: server().address, apiKey: null, tls: false })
  return { client: new Client({ connection }), close: () => connection.close() }
}
