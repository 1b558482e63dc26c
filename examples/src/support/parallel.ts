/** Does `work` for every item, at most `limit` at once. The first failure ends it for all. */
export async function inParallel<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = sharedQueue(items)
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: limit }, worker))
}

/** A generator, unlike the iterator of an array, is closed for all when one loop over it fails. */
function* sharedQueue<T>(items: Iterable<T>): Generator<T> {
  yield* items
}
