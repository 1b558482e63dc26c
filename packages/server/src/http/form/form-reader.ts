import { S3Failure } from '../../failure.ts'
import { decodeFormText, malformedForm, parsePartHead, type PartHead } from './part-head.ts'

/** What stands in front of the file. */
export interface FormHead {
  /** By name, in lower case. */
  readonly fields: ReadonlyMap<string, string>
  /** The name of the file without its path; empty when there is none. */
  readonly filename: string
}

/** What S3 takes in front of the file, in bytes; as much may stand behind it. */
export const maxFieldBytes: number = 20 * 1024

const dashes = Buffer.from('--')
const lineEnd = Buffer.from('\r\n')
const emptyLine = Buffer.from('\r\n\r\n')

/**
 * Reads a `multipart/form-data` body (RFC 7578) as it arrives: first `readHead`, then the bytes of
 * the file by `next`. It is stricter than readers for mail have to be: no preamble, no folded lines,
 * no field twice. So no other reader can see another form in the same bytes. What libraries do with
 * such forms differs, and none of them tells where the fields end and the file begins early enough
 * to judge the policy before the first byte of the file.
 */
export class FormReader {
  readonly #source: { next(): Promise<Uint8Array | undefined> }
  /** Ends a field and the file. */
  readonly #delimiter: Buffer
  #pending: Buffer = Buffer.alloc(0)
  #fieldBytes = 0
  #state: 'head' | 'file' | 'done' = 'head'

  /** @param boundary as `formBoundary` gives it */
  constructor(source: { next(): Promise<Uint8Array | undefined> }, boundary: string) {
    this.#source = source
    this.#delimiter = Buffer.from(`\r\n--${boundary}`)
  }

  /**
   * The fields in front of the file.
   * @throws S3Failure MalformedPOSTRequest, MaxPostPreDataLengthExceededError,
   *   IncorrectNumberOfFilesInPostRequest
   */
  async readHead(): Promise<FormHead> {
    const fields = new Map<string, string>()
    await this.#expect(this.#delimiter.subarray(lineEnd.length))
    while (await this.#partFollows()) {
      const { name, filename } = await this.#partHead()
      if (name === 'file') {
        this.#state = 'file'
        return { fields, filename: baseName(filename ?? '') }
      }
      if (filename !== undefined) throw new S3Failure('IncorrectNumberOfFilesInPostRequest')
      if (fields.has(name)) throw malformedForm(`The field ${name} stands twice.`)
      fields.set(name, decodeFormText(await this.#until(this.#delimiter)))
    }
    throw new S3Failure('IncorrectNumberOfFilesInPostRequest')
  }

  /**
   * The next bytes of the file; undefined at its end, when the rest of the form has been read as
   * well: then nothing can come any more that would make the form another one.
   * @throws S3Failure MalformedPOSTRequest, IncorrectNumberOfFilesInPostRequest
   */
  async next(): Promise<Uint8Array | undefined> {
    if (this.#state !== 'file') return undefined
    for (;;) {
      const found = this.#pending.indexOf(this.#delimiter)
      if (found > 0) return this.#take(found)
      if (found === 0) {
        this.#take(this.#delimiter.length)
        await this.#readRest()
        this.#state = 'done'
        return undefined
      }
      // The last bytes may be the beginning of the delimiter.
      const certain = this.#pending.length - this.#delimiter.length + 1
      if (certain > 0) return this.#take(certain)
      await this.#fill()
    }
  }

  /** Fields behind the file, a submit button mostly, are skipped as on S3. */
  async #readRest(): Promise<void> {
    this.#fieldBytes = 0
    while (await this.#partFollows()) {
      const { name, filename } = await this.#partHead()
      if (name === 'file' || filename !== undefined) {
        throw new S3Failure('IncorrectNumberOfFilesInPostRequest')
      }
      await this.#until(this.#delimiter)
    }
  }

  /** Behind a delimiter: whether a part follows, or the form ends with nothing behind it. */
  async #partFollows(): Promise<boolean> {
    while (this.#pending.length < dashes.length) await this.#fill()
    if (this.#pending.subarray(0, dashes.length).equals(dashes)) {
      this.#take(dashes.length)
      await this.#expectEnd()
      return false
    }
    await this.#expect(lineEnd)
    return true
  }

  async #partHead(): Promise<PartHead> {
    return parsePartHead(await this.#until(emptyLine))
  }

  async #expect(bytes: Buffer): Promise<void> {
    while (this.#pending.length < bytes.length) await this.#fill()
    if (!this.#take(bytes.length).equals(bytes)) throw malformedForm('A boundary is malformed.')
    this.#count(bytes.length)
  }

  async #expectEnd(): Promise<void> {
    while (this.#pending.length <= lineEnd.length) {
      const bytes = await this.#source.next()
      if (bytes === undefined) break
      this.#pending = Buffer.concat([this.#pending, bytes])
    }
    if (this.#pending.length > 0 && !this.#pending.equals(lineEnd)) {
      throw malformedForm('There is something behind the end of the form.')
    }
  }

  /** The bytes up to the mark, which is taken as well. */
  async #until(mark: Buffer): Promise<Buffer> {
    let from = 0
    for (;;) {
      const found = this.#pending.indexOf(mark, from)
      if (found !== -1) {
        const bytes = this.#take(found)
        this.#take(mark.length)
        this.#count(found + mark.length)
        return bytes
      }
      if (this.#fieldBytes + this.#pending.length > maxFieldBytes + mark.length) this.#overflow()
      from = Math.max(0, this.#pending.length - mark.length + 1)
      await this.#fill()
    }
  }

  #count(bytes: number): void {
    this.#fieldBytes += bytes
    if (this.#fieldBytes > maxFieldBytes) this.#overflow()
  }

  #overflow(): never {
    throw new S3Failure('MaxPostPreDataLengthExceededError')
  }

  #take(length: number): Buffer {
    const bytes = this.#pending.subarray(0, length)
    this.#pending = this.#pending.subarray(length)
    return bytes
  }

  async #fill(): Promise<void> {
    const bytes = await this.#source.next()
    if (bytes === undefined) throw malformedForm('The form ends without its last boundary.')
    this.#pending =
      this.#pending.length === 0
        ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
        : Buffer.concat([this.#pending, bytes])
  }
}

/** Some senders give the path with the name. */
function baseName(filename: string): string {
  return filename.slice(Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\')) + 1)
}
