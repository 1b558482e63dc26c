import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'

import type { RawClient, RawRequest } from './raw-client.ts'

/** The parts of an event's record that tests look at. */
export interface ReceivedRecord {
  readonly eventName: string
  readonly awsRegion: string
  readonly eventSource: string
  readonly userIdentity: { readonly principalId: string }
  readonly responseElements: Readonly<Record<string, string>>
  readonly s3: {
    readonly configurationId: string
    readonly bucket: { readonly name: string; readonly arn: string }
    readonly object: {
      readonly key: string
      readonly size?: number
      readonly eTag?: string
      readonly contentType?: string
      readonly userMetadata?: Readonly<Record<string, string>>
      readonly versionId?: string
      readonly sequencer: string
    }
  }
}

/** One listener, and all that it has been told. */
export class Listener {
  readonly request: ClientRequest
  readonly response: IncomingMessage
  #text = ''
  #lineCount = 0
  #closed = false
  #wake: () => void = () => undefined

  constructor(request: ClientRequest, response: IncomingMessage) {
    this.request = request
    this.response = response
    response.setEncoding('utf8')
    response.on('data', (text: string) => {
      this.#text += text
      this.#lineCount += text.split('\n').length - 1
      this.#wake()
    })
    response.on('error', () => undefined)
    response.on('close', () => {
      this.#closed = true
      this.#wake()
    })
  }

  /** Everything that came, byte for byte. */
  get text(): string {
    return this.#text
  }

  get lineCount(): number {
    return this.#lineCount
  }

  get closed(): boolean {
    return this.#closed
  }

  get records(): readonly ReceivedRecord[] {
    return this.#text
      .split('\n')
      .slice(0, -1)
      .flatMap((line): ReceivedRecord[] => {
        const document: { Records: ReceivedRecord[] | null } = JSON.parse(line)
        return document.Records ?? []
      })
  }

  /** Waits until the condition holds; fails when the connection ends before. */
  async until(condition: (listener: Listener) => boolean): Promise<void> {
    while (!condition(this)) {
      if (this.#closed) throw new Error('the server ended the connection')
      await this.#change()
    }
  }

  async untilClosed(): Promise<void> {
    while (!this.#closed) await this.#change()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  close(): void {
    this.request.destroy()
  }
}

/** Starts to listen; resolves when the server has answered. */
export function listen(client: RawClient, input: RawRequest): Promise<Listener> {
  const { target, headers } = client.head(input)
  return new Promise((resolve, reject) => {
    const { port } = client.server
    const request = httpRequest({ host: '127.0.0.1', port, path: target, headers, agent: false })
    request.on('error', reject)
    request.on('response', (response) => resolve(new Listener(request, response)))
    request.end()
  })
}
