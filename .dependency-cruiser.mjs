import { Visitor } from '@swc/core/Visitor.js'

// The parser has to be swc, as dependency-cruiser takes no TypeScript 7. It reads `using` but cannot walk through it yet.
const { visitStatement } = Visitor.prototype
Visitor.prototype.visitStatement = function (node) {
  if (node.type !== 'UsingDeclaration') return visitStatement.call(this, node)
  return Object.assign(node, { decls: this.visitVariableDeclarators(node.decls) })
}

// Arrows point one way: contract ← persistence ← server ← realtime, workflows; and contract ← SDK.
const roots = '^(server/main|workflows/worker)\\.ts$'
// They start, measure and look after everything, so they may import everything, and nothing imports them.
const tools = '^(bench|scripts|ops)/'
const tests = '(\\.test|/testing[^/]*)\\.ts$'
const layer = (name, from, mayUse) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: [roots, tests] },
  to: { path: '^(client-sdk|persistence|server|realtime|workflows|bench|scripts|ops)/', pathNot: mayUse },
})

export default {
  forbidden: [
    layer('contract-depends-on-nothing', '^client-sdk/contract/', '^client-sdk/contract/'),
    layer('sdk-stands-alone', '^client-sdk/', '^client-sdk/'),
    layer('persistence-knows-no-rules', '^persistence/', '^(persistence|client-sdk/contract)/'),
    layer('server-knows-no-transport', '^server/', '^(server|persistence|client-sdk/contract)/'),
    layer('realtime-calls-use-cases', '^realtime/', '^(realtime|server|persistence|client-sdk/contract)/'),
    layer('workflows-call-use-cases', '^workflows/', '^(workflows|server|persistence|client-sdk/contract)/'),
    {
      name: 'no-engine-below-its-layer',
      comment: 'What the rules need of sockets and workflows is named in server/ports.ts, and the roots fill it.',
      severity: 'error',
      from: { path: '^(client-sdk/contract|persistence|server)/', pathNot: [roots, tests] },
      to: { path: 'node_modules/(socket\\.io|@socket\\.io|@temporalio)' },
    },
    {
      name: 'workflow-definitions-are-pure',
      comment: 'Temporal replays these: they may run only themselves and the workflow API. Types may come from anywhere.',
      severity: 'error',
      from: { path: '^workflows/definitions/', pathNot: tests },
      to: { pathNot: ['^workflows/definitions/', '@temporalio/workflow(/|$)'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'sdk-runs-in-browsers',
      comment: 'But for its entry for Node, and what checks proofs.',
      severity: 'error',
      from: { path: '^client-sdk/', pathNot: [tests, '^client-sdk/src/(node|file-storage|websocket-node)\\.ts$', '^client-sdk/verify/'] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'sdk-declares-what-it-uses',
      severity: 'error',
      from: { path: '^client-sdk/', pathNot: tests },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-dev', 'unknown'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'nobody-imports-a-root', severity: 'error', from: { pathNot: [tools, tests] }, to: { path: roots } },
    { name: 'nobody-imports-a-test', severity: 'error', from: { pathNot: [tools, tests] }, to: { path: tests } },
    { name: 'everything-is-found', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist(-docs)?/' }, // what is built; never node_modules, or rules about packages go blind
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
