import { isS3Error } from '../errors.ts'
import type { S3Request } from '../request/request.ts'

/** Gives what the request says for where nothing is there; rejects with any other error. */
export async function unlessAbsent<T>(
  request: Pick<S3Request<T>, 'absent'>,
  answer: Promise<T>,
): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (request.absent?.codes.some((code) => isS3Error(error, code)) === true) {
      return request.absent.value
    }
    throw error
  }
}
