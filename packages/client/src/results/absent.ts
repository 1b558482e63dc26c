import { isS3Error, type S3Error } from '../errors.ts'

/**
 * Gives `value` where the store answers that there is nothing, and rejects with any other error.
 *
 * @param isAbsent tells by the store's error whether that is what it says
 */
export async function unlessAbsent<T, Absent>(
  answer: Promise<T>,
  isAbsent: (error: S3Error) => boolean,
  value: Absent,
): Promise<T | Absent> {
  try {
    return await answer
  } catch (error) {
    if (isS3Error(error) && isAbsent(error)) return value
    throw error
  }
}
