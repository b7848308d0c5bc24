type Options = {
  /** From the end of one run to the next, in ms. */
  every: number
  work(): Promise<void>
  /** Told of the first failure in a row. */
  failed(error: unknown): void
}
export type Loop = {
  /** Runs it in so many ms at the latest. While it runs that means again. */
  soon(ms: number): void
  /** Resolves once nothing runs any more. */
  stop(): Promise<void>
}

/** Does something again and again, never twice at once. The first time at once. */
export function loop({ every, work, failed }: Options): Loop {
  let timer: NodeJS.Timeout | undefined
  let due = Number.POSITIVE_INFINITY
  let running: Promise<void> | null = null
  let isStopped = false
  let hasFailed = false

  const soon = (ms: number) => {
    const at = performance.now() + ms
    if (isStopped || at >= due) return
    due = at
    clearTimeout(timer)
    if (!running) timer = setTimeout(start, ms)
  }
  const start = () => {
    due = Number.POSITIVE_INFINITY
    running = run().finally(() => {
      running = null
      const asked = due - performance.now()
      due = Number.POSITIVE_INFINITY
      soon(Math.max(0, Math.min(asked, every)))
    })
  }
  const run = async () => {
    try {
      await work()
      hasFailed = false
    } catch (error) {
      if (!hasFailed) failed(error)
      hasFailed = true
    }
  }
  soon(0)
  return {
    soon,
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await running
    },
  }
}
