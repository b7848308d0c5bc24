/** A step of a few rows. It is tried for a week: PostgreSQL may be away. After that somebody has to look. */
export const usual = {
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '7 days',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
} as const

/** What goes through many rows, page by page, and says so: whoever is silent for longer is dead, and another goes on from there. */
export const long = { ...usual, startToCloseTimeout: '1 hour', heartbeatTimeout: '30 seconds' } as const
