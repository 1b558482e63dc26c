import { expect } from 'vitest'
import { InvalidArgumentError, S3Error, type Client } from 'stowage'

/** The code that a store refuses a call with; a call that succeeds fails the case. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  const error = await rejection(call)
  if (error instanceof S3Error) return error.code
  throw error
}

/** The HTTP status of a refusal. */
export async function statusOf(call: Promise<unknown>): Promise<number | undefined> {
  const error = await rejection(call)
  if (error instanceof S3Error) return error.status
  throw error
}

async function rejection(call: Promise<unknown>): Promise<unknown> {
  try {
    await call
  } catch (error) {
    return error
  }
  throw new Error('the call was to be refused')
}

/** Expects a wrong argument to be refused at once, without any request. */
export async function expectRefusedLocally(
  newClient: (hooks: { onRequest: () => void }) => Client,
  call: (client: Client) => unknown,
  label: string,
): Promise<void> {
  let requests = 0
  const client = newClient({ onRequest: () => requests++ })
  const error = await rejection((async () => call(client))())
  expect([error instanceof InvalidArgumentError, requests], label).toEqual([true, 0])
}
