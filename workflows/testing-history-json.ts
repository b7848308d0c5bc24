import { createRequire } from 'node:module'

// Temporal's own `historyToJSON` refuses where npm has installed protobufjs once for each of its packages: a type is only known to the copy
// that made it. So the copy of the package with the types is asked.
const common = createRequire(createRequire(import.meta.url).resolve('@temporalio/common'))
const types = createRequire(common.resolve('@temporalio/proto'))

type Type = { fromObject(history: object): object }
type ProtoJson = { toJson(type: Type, message: object): unknown; fromJson(type: Type, json: unknown, options: object): object }
const { toJson, fromJson } = types('protobufjs/ext/protojson') as ProtoJson
const { patchProtobufRoot } = common('@temporalio/proto/lib/patch-protobuf-root') as {
  patchProtobufRoot(root: unknown): { lookupType(name: string): Type }
}
const proto = common('@temporalio/proto') as { temporal: { api: { history: { v1: { History: Type } } } } }
const { History } = proto.temporal.api.history.v1
const type = patchProtobufRoot(proto).lookupType('temporal.api.history.v1.History')

/** A run's history, in the JSON that Temporal's other tools read and write. What it says of the machine that it was made on is left out. */
export const toText = (history: object): string => JSON.stringify(toJson(type, History.fromObject(history)), anywhere, 1)
const anywhere = (key: string, value: unknown): unknown => {
  if (key === 'stackTrace') return ''
  return typeof value === 'string' ? value.replace(/^\d+@[^-]+/, 'worker') : value
}
export const fromText = (text: string): object => fromJson(type, JSON.parse(text), { ignoreUnknownFields: true })
