import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

import type { ErrorCode } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import { failureReply } from './failure-reply.ts'
import type { Handler } from './handler.ts'
import { Pace, type ConnectionLimits } from './pace.ts'
import { addressGroup, type PlaceHolder, type Places, type PlaceUse } from './places.ts'
import { RequestBody } from './request-body.ts'
import type { TurnTaker, Turns } from './turns.ts'

/** What all connections of a listener share. */
export interface ConnectionServices {
  readonly handler: Handler
  readonly limits: ConnectionLimits
  readonly places: Places
  readonly turns: Turns
  readonly newRequestId: () => string
  /** Told of each request under way. */
  readonly onHandling: (handled: Promise<void>) => void
}

interface Exchange {
  readonly message: IncomingMessage
  readonly response: ServerResponse
  readonly body: RequestBody
}

/**
 * What is handed to the parser at a time where no body of a known length is under way: the parser
 * reads all requests in what it is given, so this is how far it gets ahead of the replies.
 */
const pieceBytes = 1024

/**
 * ... and of a body without a length, which is an eighth of what has been taken of it, at most: who
 * sends a long one is known, since no more of others is read.
 */
const longPieceBytes = 16 * 1024

/** What Node reads from a socket at a time, at most. */
const readBytes = 64 * 1024

/** So much of a body must be left to let it flow: then no read reaches the request after it. */
const leastFlowBytes = readBytes + pieceBytes

/** What a connection does, and for how long it may. */
type Phase = 'new' | 'idle' | 'head' | 'busy' | 'ending'

const placeUses: Readonly<Record<Phase, PlaceUse>> = {
  new: 'waiting',
  idle: 'waiting',
  head: 'beginning',
  busy: 'busy',
  ending: 'beginning',
}

/** What the HTTP parser refuses, by its error code; all else is a BadRequest. */
const parserRefusals: ReadonlyMap<string, ErrorCode> = new Map([
  ['HPE_HEADER_OVERFLOW', 'RequestHeaderSectionTooLarge'],
  ['HPE_INVALID_EOF_STATE', 'IncompleteBody'],
])

/**
 * One connection: reads one request at a time and no faster than it is answered, and ends when the
 * client keeps the server waiting. Node parses and writes; this decides when it is given bytes.
 */
export class Connection implements PlaceHolder, TurnTaker {
  readonly address: string
  readonly #socket: Socket
  readonly #services: ConnectionServices
  readonly #replyPace: Pace
  /** Requests that the parser has read ahead. */
  readonly #waiting: Exchange[] = []
  #current: Exchange | undefined
  #bodyLeftBytes = 0
  #phase: Phase = 'new'
  #phaseMs = 0
  /** What had come when the last request ended. */
  #bytesBefore = 0
  #feeding = false
  /** Whether the body goes to the parser as it comes, and not in turns. */
  #flowing = false
  /** Why nothing more is read. */
  #refusal: S3Failure | undefined

  constructor(socket: Socket, services: ConnectionServices) {
    this.address = addressGroup(socket.remoteAddress ?? '')
    this.#socket = socket
    this.#services = services
    this.#replyPace = new Pace(services.limits)
  }

  /** Begins to read, if there is a place. @returns whether there is */
  open(): boolean {
    if (!this.#services.places.take(this)) return false
    this.#enter('new')
    // Headers have one character per byte; Node would write those that it flushes in UTF-8.
    this.#socket.setDefaultEncoding('latin1')
    // Who listens to this event decides when bytes are read, whatever else Node's server asks for.
    this.#socket.on('readable', this.#askForTurn)
    return true
  }

  readonly #askForTurn = (): void => this.#services.turns.request(this)

  closed(): void {
    this.#services.turns.cancel(this)
    this.#services.places.leave(this)
  }

  giveUp(): void {
    this.#socket.destroy()
  }

  takeTurn(): void {
    const next = this.#current === undefined ? this.#waiting.shift() : undefined
    if (next === undefined) this.#feed()
    else this.#start(next)
  }

  /** Takes a request that the parser has read. */
  take(message: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    const { limits } = this.#services
    const pull = (): void => this.#feed()
    const body = new RequestBody(message, response, { awaitsContinue, limits, pull })
    const exchange = { message, response, body }
    if (this.#current === undefined && this.#waiting.length === 0) this.#start(exchange)
    else this.#waiting.push(exchange)
  }

  #start({ message, response, body }: Exchange): void {
    this.#current = { message, response, body }
    this.#bodyLeftBytes = body.announcedBytes
    this.#replyPace.restart(this.#socket.bytesWritten)
    this.#enter('busy')
    response.once('close', this.#onReplied)
    const { handler, onHandling } = this.#services
    onHandling(handler.handle(message, response, body))
  }

  /** The reply has been taken, or the connection is lost. */
  readonly #onReplied = (): void => {
    this.#current = undefined
    if (!this.#socket.writable) {
      this.#enter('ending')
      return
    }
    // Node tells the client the time (Keep-Alive), and this class sees that it is kept.
    this.#socket.setTimeout(0)
    this.#bytesBefore = this.#socket.bytesRead - this.#socket.readableLength
    if (this.#waiting.length > 0) {
      this.#services.turns.request(this)
    } else if (this.#refusal !== undefined) {
      this.#answer(this.#refusal)
    } else {
      this.#enter('idle')
      this.#services.turns.request(this)
    }
  }

  /** Hands the parser what it may read now. */
  #feed(): void {
    // The parser may ask for more while it is given some.
    if (this.#feeding || this.#refusal !== undefined) return
    this.#feeding = true
    while (this.#feedPiece());
    this.#feeding = false
    const { bytesRead, readableLength } = this.#socket
    const hasBegun = bytesRead - readableLength > this.#bytesBefore
    if (hasBegun && (this.#phase === 'new' || this.#phase === 'idle')) this.#enter('head')
  }

  /** @returns whether there may be more */
  #feedPiece(): boolean {
    const socket = this.#socket
    if (socket.destroyed || this.#flowing) return false
    if (socket.readableLength === 0) {
      // Notices the end.
      socket.read()
      return false
    }
    const wantedBytes = this.#wantedBytes()
    if (wantedBytes === 0) return false
    if (this.#bodyLeftBytes >= leastFlowBytes && this.#services.turns.mayContinue()) {
      this.#flow()
      return false
    }
    return this.#read(wantedBytes)
  }

  /** @returns whether there was something */
  #read(wantedBytes: number): boolean {
    const { readableLength, readableHighWaterMark } = this.#socket
    const takesAll = readableLength <= wantedBytes
    // A stream that is asked for more than its mark raises it, and holds as much from then on.
    const bytes = takesAll ? readableLength : Math.min(wantedBytes, readableHighWaterMark)
    this.#bodyLeftBytes = Math.max(0, this.#bodyLeftBytes - bytes)
    return (takesAll ? this.#socket.read() : this.#socket.read(bytes)) !== null
  }

  /**
   * Lets a body flow through the parser, which is cheaper than to read it piece by piece, until the
   * next request is near or others want their turns. Whoever reads it holds it up as usual.
   */
  #flow(): void {
    this.#flowing = true
    this.#socket.on('data', this.#onFlow).off('readable', this.#askForTurn)
  }

  readonly #onFlow = (bytes: Buffer): void => {
    this.#bodyLeftBytes -= bytes.length
    if (this.#bodyLeftBytes >= leastFlowBytes && this.#services.turns.mayContinue()) return
    this.#flowing = false
    this.#socket.off('data', this.#onFlow).on('readable', this.#askForTurn)
  }

  #wantedBytes(): number {
    if (this.#current === undefined) return this.#waiting.length > 0 ? 0 : pieceBytes
    const { message, body } = this.#current
    // A body is handed over as it is read, so that the rest waits in the socket.
    if (message.complete || message.readableLength > 0) return 0
    if (body.announcedBytes > 0) return Math.max(pieceBytes, this.#bodyLeftBytes)
    return Math.max(pieceBytes, Math.min(longPieceBytes, Math.trunc(body.takenBytes / 8)))
  }

  /** The parser cannot go on. */
  break(error: NodeJS.ErrnoException): void {
    if (this.#phase === 'ending' || this.#refusal !== undefined) return
    if (!this.#socket.writable || error.code === 'ECONNRESET') this.#socket.destroy()
    else this.#refuse(parserRefusals.get(error.code ?? '') ?? 'BadRequest')
  }

  /** The client asks for a tunnel; Node has let go of the socket. */
  refuseTunnel(): void {
    this.#socket.on('error', () => this.#socket.destroy())
    this.#refuse('MethodNotAllowed')
  }

  /** Reads no further, and says why once all before has been answered. */
  #refuse(code: ErrorCode): void {
    const last = this.#waiting.at(-1) ?? this.#current
    const isCut = last?.message.complete === false
    this.#refusal = new S3Failure(code === 'IncompleteBody' && !isCut ? 'BadRequest' : code)
    if (last === undefined) this.#answer(this.#refusal)
    else if (isCut) last.body.break(this.#refusal)
  }

  /** Answers what is no request, in S3's words, and ends the connection. */
  #answer(failure: S3Failure): void {
    const requestId = this.#services.newRequestId()
    const { status, body } = failureReply(failure, { requestId })
    const head = [
      `HTTP/1.1 ${status} Refused`,
      'content-type: application/xml',
      `content-length: ${Buffer.byteLength(body)}`,
      `x-amz-request-id: ${requestId}`,
      'connection: close',
    ]
    this.#enter('ending')
    this.#socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, 'utf8')
    // What still comes is dropped: a reset would take the answer with it.
    this.#socket.removeAllListeners('readable').removeAllListeners('data').resume()
  }

  #enter(phase: Phase): void {
    this.#phase = phase
    this.#phaseMs = 0
    this.#services.places.use(this, placeUses[phase])
  }

  /** Time passes. What a busy server has not looked at yet does not count against the client. */
  tick(ms: number): void {
    if (this.#services.turns.isDue(this)) return
    const { headMs, idleMs, lingerMs } = this.#services.limits
    this.#phaseMs += ms
    switch (this.#phase) {
      case 'new':
        if (this.#phaseMs > headMs) this.#socket.destroy()
        break
      case 'idle':
        if (this.#phaseMs > idleMs) this.#socket.destroy()
        break
      case 'head':
        if (this.#phaseMs > headMs) this.#refuse('RequestTimeout')
        break
      case 'ending':
        if (this.#phaseMs > lingerMs) this.#socket.destroy()
        break
      case 'busy':
        this.#current?.body.tick(ms)
        this.#judgeReader(ms)
    }
  }

  #judgeReader(ms: number): void {
    const { writableLength, bytesWritten } = this.#socket
    if (writableLength === 0) return
    if (this.#replyPace.isTooSlow(ms, bytesWritten - writableLength)) this.#socket.destroy()
  }
}
