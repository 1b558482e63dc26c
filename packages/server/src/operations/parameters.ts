import { S3Failure } from '../failure.ts'

/**
 * A number in the query; undefined when it is absent or empty.
 * @throws S3Failure InvalidArgument
 */
export function wholeNumberParameter(
  query: ReadonlyMap<string, string>,
  name: string,
  bounds: { readonly min: number; readonly max: number },
): number | undefined {
  const text = query.get(name)
  if (text === undefined || text === '') return undefined
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (value >= bounds.min && value <= bounds.max) return value
  throw invalidArgument(name, text)
}

export function invalidArgument(name: string, value: string): S3Failure {
  return new S3Failure('InvalidArgument', {
    message: `The argument ${name} is not valid.`,
    extra: { ArgumentName: name, ArgumentValue: value },
  })
}
