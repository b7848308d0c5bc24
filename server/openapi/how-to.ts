import { DEMO_PASSWORD, people } from '../embedded/demo/people.ts'

/** What holds for every call, in Markdown. `isEmbedded`: there are the demo people. */
export function howTo(publicUrl: string, isEmbedded: boolean): string {
  const api = `${publicUrl.replace(/\/$/, '')}/api/v1`
  const [email, password] = isEmbedded ? [people.nora.email, DEMO_PASSWORD] : ['you@example.com', '…']
  return `## How to call

**Sign in** by \`POST /api/v1/sessions\`${isEmbedded ? ', here as one of the demo people, who all have this password' : ''}. Every other call then carries \`Authorization: Bearer <access token>\`.

\`\`\`sh
TOKEN=$(curl -s ${api}/sessions -H 'Content-Type: application/json' \\
  -d '{"email":"${email}","password":"${password}"}' | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')
curl -s ${api}/me -H "Authorization: Bearer $TOKEN"
\`\`\`

**The access token ends** at \`expiresAt\`, after a quarter of an hour unless the operator says otherwise; then calls answer 401 with \`session.ended\`. Renew it, best a little earlier, by \`POST /api/v1/sessions/renew\` with the \`refreshToken\` and a new UUID as \`commandId\`. The refresh token is good once: the answer has the next one. An answer that was lost comes again for the same \`commandId\`; another one with a used token ends the session. \`DELETE /api/v1/sessions/current\` signs out.

**Send again without fear:** where \`Idempotency-Key\` is among the parameters, send a UUID of your own for each thing you want done. The same request with the same key has one effect and gets the same answer; other content under it is refused as \`command.reused\`.

**Versions:** reading a thing that can be changed gives \`ETag: "3"\`, and so does its body as \`version\`. A change says which one it was made for: \`If-Match: "3"\`, with the quotes. Without it the answer is 428, \`precondition.required\`; if the thing has changed meanwhile, 412, \`resource.stale\`: read it again.

\`\`\`sh
curl -s -X PATCH ${api}/campaigns/$CAMPAIGN -H "Authorization: Bearer $TOKEN" \\
  -H 'If-Match: "3"' -H "Idempotency-Key: $(node -p 'crypto.randomUUID()')" \\
  -H 'Content-Type: application/json' -d '{"title":"Spring campaign"}'
\`\`\`

**A deal** is read by \`GET ${api}/applications/$APPLICATION/deal\`: its versions of the terms, each with its number, \`state\` and \`hash\`, and the work and payments. The offer in state \`proposed\` waits for the side that it is not \`by\`. Terms are always sent whole, with a \`nonce\` of their own for each version: 32 random hexadecimal digits, such as \`openssl rand -hex 16\` gives.

**What binds takes the password again:** terms are accepted in a session whose person proved who they are in the last ten minutes, by signing in or by \`POST /api/v1/sessions/current/step-up\`. Otherwise the answer is 403, \`session.stepUpRequired\`: ask for the password, send it there, and send the same again. What is accepted is a version with the \`hash\` of its terms, as the person has seen them.

\`\`\`sh
curl -s ${api}/sessions/current/step-up -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' -d '{"password":"${password}"}'
curl -s ${api}/applications/$APPLICATION/offers/2/accept -H "Authorization: Bearer $TOKEN" \\
  -H "Idempotency-Key: $(node -p 'crypto.randomUUID()')" -H 'Content-Type: application/json' -d "{\\"hash\\":\\"$HASH\\"}"
\`\`\`

**Lists** come in pages of \`limit\` items. \`cursor\` of the answer, sent with otherwise the same question, gives the next page; it is \`null\` at the end. Several values of one query parameter are given by repeating it, and one of them has to fit: \`state=open&state=paused\`.

**A failure** is a problem (RFC 9457) of type \`application/problem+json\`. Programs go by its \`code\`; \`detail\` is for people. Where \`retryable\` is true the same request may work later: after \`retryAfter\` seconds, which \`Retry-After\` says, too. [What may go wrong](errors) has every code and what to do.

**Amounts** are whole minor units of their currency: 1250 is 12.50 with \`EUR\`, and 1250 yen with \`JPY\`. **Moments** are ISO 8601 in UTC, to the millisecond: \`2026-01-31T12:00:00.000Z\`; those that you send may have any offset. **Days** are \`2026-01-31\`.

**Versions of the protocol:** a client may send \`Parley-Protocol: 1\`. If the server does not speak that, the answer is 426, \`client.upgradeRequired\`.`
}
