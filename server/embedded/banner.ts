import type { Engine } from '../route.ts'
import { DEMO_PASSWORD, people } from './demo/people.ts'

/** What a person sees in the terminal once everything runs. */
export function banner(url: string, engines: readonly Engine[], isDemo: boolean): string {
  const width = Math.max(...engines.map(({ name }) => name.length))
  const lines = [
    '',
    `  Parley is at ${url}`,
    `  Sockets      ${url}/asyncapi, to read; /asyncapi.json for programs`,
    `  REST         ${url}/docs, to read; /openapi.json for programs
  Health       ${url}/readyz`,
    '',
    '  Engines',
    ...engines.map(({ name, on, why }) => `    ${on ? 'on ' : 'off'}  ${name.padEnd(width)}  ${why}`),
    ...(isDemo ? demo(new URL(url).port) : []),
    '',
    '  Stop with Ctrl-C.',
    '',
  ]
  return lines.join('\n')
}

function demo(port: string): string[] {
  const everybody = Object.values(people)
  const width = Math.max(...everybody.map(({ email }) => email.length))
  return [
    '',
    `  Who can sign in, all with the password ${DEMO_PASSWORD}`,
    ...everybody.map(({ email, name, as }) => `    ${email.padEnd(width)}  ${name}, ${as}`),
    '',
    `  See two of them make a deal: ${port === '3000' ? '' : `PORT=${port} `}npm run demo`,
  ]
}
