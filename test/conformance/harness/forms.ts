import { plainHttp, type PlainAnswer } from './plain-http.ts'

/** The status, and the code in an error document. */
export function verdict({ status, body }: PlainAnswer): string {
  return `${status} ${/<Code>([^<]*)<\/Code>/.exec(body)?.[1] ?? ''}`.trim()
}

export interface FormFile {
  readonly name: string
  readonly content: Uint8Array | string
}

/** Posts a form as browsers do, the file last. */
export function postForm(
  url: string,
  fields: Readonly<Record<string, string>>,
  file: FormFile,
): Promise<PlainAnswer> {
  const boundary = '----conformance-7MA4YWxkTrZu0gW'
  const parts = Object.entries(fields).map(
    ([name, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  const fileHead =
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${file.name}"\r\n` +
    'Content-Type: application/octet-stream\r\n\r\n'
  const body = Buffer.concat([
    Buffer.from(parts.join('') + fileHead),
    Buffer.from(file.content),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ])
  const headers = {
    'content-type': `multipart/form-data; boundary=${boundary}`,
    'content-length': String(body.length),
  }
  return plainHttp(url, { method: 'POST', headers, body })
}
