/** Sizes of small and large blobs, wherever the limit between them lies. */
export const sizes: readonly number[] = [40, 900, 3000, 30_000, 120_000]

/**
 * Bytes that tell what they are: a name with the size in it, again and again. Several of them one
 * after the other can be told apart.
 */
export function contentOf(name: string): Buffer {
  return Buffer.alloc(sizeOf(name), `${name};`)
}

export function contentName(id: string, sizeBytes: number): string {
  return `${id}:${sizeBytes}`
}

export function sizeOf(name: string): number {
  return Number(name.split(':')[1])
}

/** The names of the contents that these bytes are made of; undefined when they are damaged. */
export function namesIn(bytes: Buffer): readonly string[] | undefined {
  const names: string[] = []
  for (let rest = bytes; rest.length > 0;) {
    const name = rest.toString('latin1', 0, Math.max(0, rest.indexOf(';')))
    const content = /^[\w.]+:\d+$/.test(name) ? contentOf(name) : undefined
    if (content === undefined || !content.equals(rest.subarray(0, content.length))) return undefined
    names.push(name)
    rest = rest.subarray(content.length)
  }
  return names
}
