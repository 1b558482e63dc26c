import type { Dispatcher } from 'undici'

type Body = Uint8Array | string | AsyncIterable<Uint8Array> | null

/** A request that a client would have sent. */
export interface StubRequest {
  readonly method: string
  readonly partNumber: number | undefined
  readonly query: string
  readonly range: string | undefined
  /** What its Content-Length says. */
  readonly lengthBytes: number
  readonly body: Body
}

export interface StubReply {
  readonly headers?: Readonly<Record<string, string>>
  readonly status?: number
  readonly chunks?: Iterable<Uint8Array>
}

const controller: Dispatcher.DispatchController = {
  aborted: false,
  paused: false,
  reason: null,
  abort: () => {},
  pause: () => {},
  resume: () => {},
}

/** Takes the place of the network: for objects that no test could send over it. */
export function stubDispatcher(
  answer: (request: StubRequest) => Promise<StubReply> | StubReply,
): Dispatcher {
  const run = async (
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): Promise<void> => {
    handler.onRequestStart?.(controller, {})
    const { status = 200, headers = {}, chunks = [] } = await answer(requestOf(options))
    handler.onResponseStart?.(controller, status, { ...headers }, '')
    let given = 0
    for (const chunk of chunks) {
      handler.onResponseData?.(controller, chunk as Buffer)
      // Nobody pauses this: the reader gets its turn now and then.
      if (++given % 4 === 0) await new Promise((resolve) => void setImmediate(resolve))
    }
    handler.onResponseEnd?.(controller, {})
  }
  const dispatch: Dispatcher['dispatch'] = (options, handler) => {
    run(options, handler).catch((error: unknown) =>
      handler.onResponseError?.(controller, error as Error),
    )
    return true
  }
  // The client asks it for nothing else.
  return { dispatch } as unknown as Dispatcher
}

function requestOf({ path, method, headers, body }: Dispatcher.DispatchOptions): StubRequest {
  const query = path.split('?')[1] ?? ''
  const partNumber = /(?:^|&)partNumber=(\d+)/.exec(query)?.[1]
  // The client gives plain objects, and bodies of these kinds.
  const named = headers as Readonly<Record<string, string>>
  return {
    method,
    query,
    partNumber: partNumber === undefined ? undefined : Number(partNumber),
    range: named['range'],
    lengthBytes: Number(named['content-length'] ?? 0),
    body: body as Body,
  }
}

export async function* chunksOf(body: Body): AsyncGenerator<Uint8Array> {
  if (body === null) return
  if (typeof body === 'string' || body instanceof Uint8Array) yield Buffer.from(body as Uint8Array)
  else yield* body
}

/** What a store without memory notes of the objects that it is sent. */
export interface SentObject {
  /** Lengths of the parts by their number; one that was sent whole is part 1. */
  readonly parts: Map<number, number>
  completed: number
}

/** A store that drops what it gets, and lets the test look at each part. */
export function droppingStore(look: (partNumber: number, body: Body) => Promise<void> | void): {
  readonly sent: SentObject
  readonly dispatcher: Dispatcher
} {
  const sent: SentObject = { parts: new Map(), completed: 0 }
  const etag = '"opaque"'
  const xml = (root: string, content: string): StubReply => ({
    chunks: [Buffer.from(`<${root}>${content}</${root}>`)],
  })
  const dispatcher = stubDispatcher(
    async ({ method, query, partNumber = 1, lengthBytes, body }) => {
      if (method === 'PUT') {
        sent.parts.set(partNumber, lengthBytes)
        await look(partNumber, body)
        return { headers: { etag } }
      }
      if (query.startsWith('uploads')) {
        return xml('InitiateMultipartUploadResult', '<UploadId>u</UploadId>')
      }
      const document: string[] = []
      for await (const chunk of chunksOf(body)) document.push(Buffer.from(chunk).toString())
      sent.completed = document.join('').split('<PartNumber>').length - 1
      return xml('CompleteMultipartUploadResult', `<ETag>${etag}</ETag>`)
    },
  )
  return { sent, dispatcher }
}
