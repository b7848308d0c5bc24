/** Whether the hub of this container should get requests: exit code 0 or 1, as Docker's health checks want it. */
try {
  const { status } = await fetch(`http://127.0.0.1:${process.env.PORT ?? 3000}/readyz`, { signal: AbortSignal.timeout(2_500) })
  process.exitCode = status === 200 ? 0 : 1
} catch {
  process.exitCode = 1
}
