import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'

export interface PlainAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The body as text, and as it came. */
  readonly body: string
  readonly bytes: Buffer
}

export interface PlainOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

const authorities: string[] = []

/** Makes `plainHttp` believe the certificates of an authority, PEM. */
export function trust(authority: string): void {
  if (!authorities.includes(authority)) authorities.push(authority)
}

/** HTTP without anything that rewrites paths, as `fetch` does. */
export function plainHttp(url: string, options: PlainOptions = {}): Promise<PlainAnswer> {
  const match = /^(https?):\/\/([^/:]+)(?::(\d+))?(\/.*)$/.exec(url)
  if (!match) throw new Error(`not a plain URL: ${url}`)
  const [, scheme, host, port, path] = match
  const { method = 'GET', headers = {}, body } = options
  const secure = scheme === 'https'
  const ca = secure && authorities.length > 0 ? { ca: authorities } : {}
  const send = secure ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const sent = send({ host, port, path, method, headers, agent: false, ...ca }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const { statusCode: status = 0, headers: received } = response
        const bytes = Buffer.concat(chunks)
        resolve({ status, headers: received, body: bytes.toString(), bytes })
      })
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
