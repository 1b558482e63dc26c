/** One thing that is wrong with the files of a data directory. */
export interface DirectoryDamage {
  /** Path of the file within the data directory. */
  readonly file: string
  readonly problem: string
}

/**
 * Files of a data directory are missing, or differ from what was written. Nothing in the directory
 * has been changed. `startServer({ directory, repair: true })` rebuilds what is intact.
 */
export class DamagedDirectoryError extends Error {
  override readonly name = 'DamagedDirectoryError'
  readonly directory: string
  readonly damage: readonly DirectoryDamage[]

  constructor(directory: string, damage: readonly DirectoryDamage[]) {
    const list = damage.map(({ file, problem }) => `${file}: ${problem}`).join('; ')
    super(
      `the data directory ${directory} is damaged (${list}); nothing was changed. ` +
        'A start with the option repair (stowage serve --repair) rebuilds the records from those ' +
        'that are intact and from the stored bytes, keeps the damaged ones, and reports what is lost',
    )
    this.directory = directory
    this.damage = damage
  }
}
