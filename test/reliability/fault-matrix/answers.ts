import type { Disturbance, Passage } from './fault-proxy.ts'
import type { Family, Fault, Repeat } from './faults.ts'
import { virtualNow } from './virtual-time.ts'

/** An answer of the proxy's own. */
interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** What becomes of the connection. Default: it stays. */
  readonly afterwards?: 'close' | 'reset'
  /** Before the body of the request was read. */
  readonly isEarly?: boolean
  /** Whether the store carries the request out first. */
  readonly isCarriedOut?: boolean
}

/** The port of the host to which redirects lead, and which nobody may call; the stage sets it. */
export const elsewhere: { port: number } = { port: 9 }

const html = '<!doctype html>\n<html><body><h1>Please log in</h1></body></html>'
const xmlError = (code: string, extra = ''): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code>` +
  `<Message>as the matrix says</Message>${extra}<RequestId>0</RequestId></Error>`

const asXml = { 'content-type': 'application/xml', 'x-amz-request-id': '0' }
const asHtml = { 'content-type': 'text/html' }

function bytesOf({ status, headers = {}, body = '' }: Answer, { method }: Passage): Buffer {
  const all = { 'content-length': String(Buffer.byteLength(body)), ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `HTTP/1.1 ${status} Scripted\r\n${lines.join('')}\r\n`
  return Buffer.from(method === 'HEAD' ? head : head + body)
}

/** Gives the client an answer in place of the store's. */
function replaceAnswer(answer: Answer, passage: Passage): Disturbance {
  const { isEarly, isCarriedOut, afterwards } = answer
  const deliver: Disturbance['up'] = (stretch, { toClient, reached }) => {
    if (isEarly ? !stretch.isHead : !stretch.isLast) return
    reached()
    toClient.send(bytesOf(answer, passage))
    if (afterwards) toClient[afterwards]()
  }
  return isCarriedOut === true ? { down: deliver } : { up: deliver, isAnswered: true }
}

/** What stores, and the proxies before them, answer. */
const codes: Readonly<Record<number, string>> = {
  400: 'InvalidRequest',
  401: 'Unauthorized',
  403: 'AccessDenied',
  404: 'NoSuchKey',
  405: 'MethodNotAllowed',
  408: 'RequestTimeout',
  409: 'OperationAborted',
  410: 'Gone',
  411: 'MissingContentLength',
  412: 'PreconditionFailed',
  413: 'EntityTooLarge',
  416: 'InvalidRange',
  429: 'TooManyRequests',
  499: 'ClientClosedRequest',
  500: 'InternalError',
  501: 'NotImplemented',
  502: 'BadGateway',
  503: 'SlowDown',
  504: 'GatewayTimeout',
  505: 'HttpVersionNotSupported',
  507: 'InsufficientStorage',
  509: 'BandwidthLimitExceeded',
  511: 'NetworkAuthenticationRequired',
  520: 'Unknown',
  599: 'NetworkConnectTimeout',
}

/** The three bodies that come with a status. */
const bodies: Readonly<Record<string, (code: string) => Omit<Answer, 'status'>>> = {
  XML: (code) => ({ headers: asXml, body: xmlError(code) }),
  HTML: () => ({ headers: asHtml, body: html }),
  nothing: () => ({}),
}

const both: readonly Repeat[] = ['once', 'always']

function fault(family: Family, name: string, answer: Answer, more: Partial<Fault> = {}): Fault {
  return {
    name: `${family}: ${name}`,
    family,
    repeats: both,
    // Who answers in the store's place says what the store would not.
    alters: 'answer',
    disturb: (passage) => replaceAnswer(answer, passage),
    ...more,
  }
}

/** Statuses that say nothing of whether the work was done; the others deny it. */
const isVague = (status: number): boolean => status >= 500 || status === 408 || status === 499

const statusFaults = Object.entries(codes).flatMap(([text, code]) =>
  Object.entries(bodies).flatMap(([kind, bodyOf]) =>
    (isVague(Number(text)) ? [false, true] : [false]).map((isCarriedOut) => {
      const status = Number(text)
      const name = `${status} with ${kind}${isCarriedOut ? ', after the work was done' : ''}`
      const says = status === 404 ? ('absent' as const) : undefined
      const more = { says, needsEnd: isCarriedOut }
      return fault('status', name, { status, ...bodyOf(code), isCarriedOut }, more)
    }),
  ),
)

/** Early ones come while the client may still be sending. */
const earlyFaults = [403, 413, 500, 503].flatMap((status) =>
  ([undefined, 'close', 'reset'] as const).map((afterwards) => {
    const answer = { status, headers: asXml, body: xmlError(codes[status] ?? ''), isEarly: true }
    const name = `${status}${afterwards ? `, then ${afterwards}` : ''}`
    return fault('early answer', name, afterwards ? { ...answer, afterwards } : answer)
  }),
)

/**
 * Answers of success that lack what the operation answers. An operation that S3 itself answers with
 * nothing cannot tell such an answer from S3's own, so the store has done the work in these cases.
 */
const successFaults = Object.entries({
  '200 with an error': { status: 200, headers: asXml, body: xmlError('InternalError') },
  '200 with a lasting error': { status: 200, headers: asXml, body: xmlError('AccessDenied') },
  '200 with nothing': { status: 200 },
  '200 with blanks': { status: 200, headers: asXml, body: '   \n\n  ' },
  '200 with another document': { status: 200, headers: asXml, body: '<Other><Key>k</Key></Other>' },
  '200 with half a document': { status: 200, headers: asXml, body: '<?xml version="1.0"?><List' },
  '200 with JSON': { status: 200, headers: { 'content-type': 'application/json' }, body: '{}' },
  '200 with bytes': { status: 200, body: '\0\u0001\u0002' },
  '201': { status: 201 },
  '202': { status: 202 },
  '203 with HTML': { status: 203, headers: asHtml, body: html },
  '204': { status: 204 },
  '206': { status: 206, headers: { 'content-range': 'bytes 0-0/1' }, body: 'x' },
  '206 without a range': { status: 206, body: 'x' },
  '304': { status: 304 },
}).map(([name, answer]) =>
  fault('success', name, { ...answer, isCarriedOut: true }, { needsEnd: true }),
)

const portalAnswer = { status: 200, headers: asHtml, body: html }
const portalFaults = [
  fault('portal', 'HTML for everything', portalAnswer, { repeats: ['once', 'onwards'] }),
  fault(
    'portal',
    'a redirect to its page',
    { status: 302, headers: { location: 'http://127.0.0.1:9/login' }, body: html },
    { repeats: ['once', 'onwards'] },
  ),
]

function redirectFaults(): readonly Fault[] {
  const region = { 'x-amz-bucket-region': 'ap-south-1' }
  const forms: Readonly<Record<string, (location: string) => Omit<Answer, 'status'>>> = {
    'to another host': (location) => ({ headers: { location } }),
    'to another host, with a region': (location) => ({ headers: { location, ...region } }),
    'with a document': (location) => ({
      headers: { location, ...asXml },
      body: xmlError('TemporaryRedirect', `<Endpoint>${location.slice(7)}</Endpoint>`),
    }),
    'with a region that is none': (location) => ({
      headers: { location, 'x-amz-bucket-region': 'evil.example/#' },
    }),
    'to nowhere': () => ({}),
  }
  return [301, 302, 303, 307, 308].flatMap((status) =>
    Object.entries(forms).map(([name, form]) => ({
      ...fault('redirect', `${status} ${name}`, { status }),
      disturb: (passage: Passage) => {
        const location = `http://127.0.0.1:${elsewhere.port}/bucket/key`
        return replaceAnswer({ status, ...form(location) }, passage)
      },
    })),
  )
}

const skewed = (serverTime: string, date: string | undefined): Answer => ({
  status: 403,
  headers: date === undefined ? asXml : { ...asXml, date },
  body: xmlError('RequestTimeTooSkewed', `<ServerTime>${serverTime}</ServerTime>`),
})

const inAnHour = new Date(virtualNow().getTime() + 3_600_000)

const clockFaults = Object.entries({
  'skewed, by an hour': skewed(inAnHour.toISOString(), inAnHour.toUTCString()),
  'skewed, in 2099': skewed('2099-01-01T00:00:00Z', 'Thu, 01 Jan 2099 00:00:00 GMT'),
  'skewed, in 1970': skewed('1970-01-01T00:00:00Z', 'Thu, 01 Jan 1970 00:00:00 GMT'),
  'skewed, without a date': skewed('', undefined),
  'skewed, with a date that is none': skewed('noon', 'noon'),
}).map(([name, answer]) => fault('clock', name, answer))

const otherAnswer = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\netag: "other"\r\n\r\nother'

/** Bytes that follow a complete answer. */
const surplusFaults = Object.entries({
  'a byte': 'x',
  'an empty line': '\r\n',
  garbage: 'n'.repeat(300),
  'a second answer': otherAnswer,
  'half an answer': otherAnswer.slice(0, 30),
}).map(([name, text]): Fault => ({
  name: `surplus: ${name}`,
  family: 'surplus',
  repeats: both,
  alters: 'answer',
  harmless: true,
  needsEnd: true,
  disturb: () => ({
    down: (stretch, { toClient, reached }) => {
      toClient.send(stretch.bytes)
      if (!stretch.isLast) return
      reached()
      toClient.send(Buffer.from(text))
    },
  }),
}))

export const answerFaults: readonly Fault[] = [
  ...statusFaults,
  ...earlyFaults,
  ...successFaults,
  ...portalFaults,
  ...redirectFaults(),
  ...clockFaults,
  ...surplusFaults,
]
