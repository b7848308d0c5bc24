export type Settle<T> = { resolve(value: T): void; reject(reason: unknown): void }

/** A caller that looks away is no crash (an unhandled rejection ends Node); one that waits hears of it. */
export function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
export const refused = (reason: unknown): Promise<never> => heard(Promise.reject(reason))
