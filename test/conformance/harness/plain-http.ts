import { request } from 'node:http'

export interface PlainAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export interface PlainOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** HTTP without anything that rewrites paths, as `fetch` does. */
export function plainHttp(url: string, options: PlainOptions = {}): Promise<PlainAnswer> {
  const match = /^http:\/\/([^/:]+):(\d+)(\/.*)$/.exec(url)
  if (!match) throw new Error(`not a plain URL: ${url}`)
  const [, host, port, path] = match
  const { method = 'GET', headers = {}, body } = options
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, path, method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text })
      })
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
