/** A variable of the environment that has to be set. */
export function required(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`${name} is not set`)
  return value
}

/** A variable of the environment; empty counts as not set. */
export function optional(name: string): string | undefined {
  const value = process.env[name]
  return value === '' ? undefined : value
}
