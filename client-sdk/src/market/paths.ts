/** A path of the REST API, with its parameters put in: what is undefined or null is left out, of a list each value is given. */
export function pathOf(parts: readonly string[], query: object = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    for (const one of [value].flat()) if (one !== undefined && one !== null) params.append(name, String(one))
  const text = params.toString()
  return `/api/v1/${parts.map(encodeURIComponent).join('/')}${text && `?${text}`}`
}
