import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { httpReply, ScriptedServer } from '../../../test/support/scripted-server.ts'
import { Client } from '../src/client.ts'
import { InvalidArgumentError } from '../src/errors.ts'
import { clientOf } from './support/assembled.ts'
import { wrongCalls, wrongWithin, type WrongCalls } from './support/wrong-arguments.ts'

let server: ScriptedServer
let client: Client
beforeAll(async () => {
  server = await ScriptedServer.start([httpReply(200)])
  client = clientOf(server.endpoint, { region: 'us-east-1' })
})
afterAll(async () => {
  await client.close()
  await server.close()
})

/** What the types forbid, and callers of plain JavaScript pass all the same. */
type Loose = (...args: unknown[]) => unknown

/** Calls a method by its name and asks for the first of what it gives. */
async function call(name: string, args: readonly unknown[]): Promise<unknown> {
  const method: unknown = Reflect.get(client, name)
  const result = await (method as Loose).apply(client, [...args])
  if (typeof result !== 'object' || result === null || !(Symbol.asyncIterator in result)) {
    return result
  }
  const iterable = result as AsyncIterable<unknown>
  return iterable[Symbol.asyncIterator]().next()
}

/** Grows with everything that reaches the server. */
function traffic(): number {
  return server.connections + server.requests.length
}

/** What is not refused as it should be: undefined where all is well. */
async function flaw(
  name: string,
  args: readonly unknown[],
  argument: string | RegExp,
): Promise<string | undefined> {
  const before = traffic()
  const outcome = await call(name, args).catch((error: unknown) => error)
  if (traffic() !== before) return `sent, then ${String(outcome)}`
  if (!(outcome instanceof InvalidArgumentError)) return `accepted, or ${String(outcome)}`
  const named = outcome.argument
  const isNamed =
    typeof argument === 'string' ? named.split(/[.[]/)[0] === argument : argument.test(named)
  return isNamed ? undefined : `names ${named}`
}

/** All flaws of one argument, each with the value that shows it. */
async function flaws(
  name: string,
  argument: string | RegExp,
  calls: Iterable<readonly [value: unknown, args: readonly unknown[]]>,
): Promise<readonly string[]> {
  const found: string[] = []
  for (const [value, args] of calls) {
    const problem = await flaw(name, args, argument)
    if (problem !== undefined) found.push(`${inspect(value)}: ${problem}`)
  }
  return found
}

const goodOf = ({ arguments: all }: WrongCalls): unknown[] => all.map(([, , good]) => good)

it('knows every public method', () => {
  const methods = Object.getOwnPropertyNames(Client.prototype).filter((it) => it !== 'constructor')
  expect(Object.keys(wrongCalls).toSorted()).toEqual(methods.toSorted())
})

/** Two methods take nothing. */
const withArguments = Object.entries(wrongCalls).filter(
  ([, wrong]) => wrong.arguments.length > 0 || wrong.options !== undefined,
)

describe.each(withArguments)('%s', (name, wrong) => {
  it.each(wrong.arguments.map(([argument, values], at) => ({ argument, values, at })))(
    'refuses what is no $argument',
    async ({ argument, values, at }) => {
      const options = wrong.needed === undefined ? [] : [wrong.needed]
      const calls = values.map((value): [unknown, unknown[]] => [
        value,
        [...goodOf(wrong).with(at, value), ...options],
      ])
      expect(await flaws(name, argument, calls)).toEqual([])
    },
  )

  const notOptions = [null, 1, 'text', true, [], ...(wrong.needed === undefined ? [] : [undefined])]
  it.each(wrong.options === undefined ? [] : [[notOptions]])(
    'refuses what are no options',
    async () => {
      const calls = notOptions.map((value): [unknown, unknown[]] => [
        value,
        [...goodOf(wrong), value],
      ])
      expect(await flaws(name, 'options', calls)).toEqual([])
    },
  )

  it.each((wrong.options ?? []).map(([option, values]) => ({ option, values })))(
    'refuses the wrong $option',
    async ({ option, values }) => {
      const calls = values.map((value): [unknown, unknown[]] => [
        value,
        [...goodOf(wrong), { ...wrong.needed, [option]: value }],
      ])
      // Bounds of a range are named together.
      const isRange = /^(offset|length|suffixLength)$/.test(option) && name === 'getObject'
      expect(await flaws(name, isRange ? /offset|length/i : option, calls)).toEqual([])
    },
  )

  it.each(wrong.together ?? [])('refuses %s with what excludes it: %j', async (option, options) => {
    const calls: [unknown, unknown[]][] = [[options, [...goodOf(wrong), options]]]
    expect(await flaws(name, new RegExp(option), calls)).toEqual([])
  })
})

describe('what comes while a call goes on', () => {
  it.each(wrongWithin)('%s refuses wrong %s', async (name, argument, values) => {
    const good = goodOf(wrongCalls[name])
    const calls = values.map((value): [unknown, unknown[]] => [
      value,
      [...good.slice(0, -1), value],
    ])
    expect(await flaws(name, argument, calls)).toEqual([])
  })
})
