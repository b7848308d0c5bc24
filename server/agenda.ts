/** What is to be done next about a thing, and from when on: ISO 8601 in UTC. PostgreSQL's clock decides, whoever asks. */
export type Step<What extends string = string> = { at: string; what: What }
