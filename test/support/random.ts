/** Numbers from 0 to 1, the same sequence for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** All positions of a text of that length, or a sample of them with the first and the last. */
export function positions(length: number, most: number, random: () => number): readonly number[] {
  const all = Array.from({ length }, (_, index) => index)
  if (length <= most) return all
  const sample = new Set([0, length - 1])
  while (sample.size < most) sample.add(Math.floor(random() * length))
  return [...sample].sort((a, b) => a - b)
}
