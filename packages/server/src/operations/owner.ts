import type { Owner } from '@stowage/protocol'

/** The one account that owns everything. S3's ids have 64 hexadecimal digits. */
export const owner: Owner = {
  id: '5701a6e0'.repeat(8),
  displayName: 'stowage',
}
