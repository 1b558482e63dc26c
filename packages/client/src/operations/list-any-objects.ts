import type { ListingEntry, VersionListingEntry } from '@stowage/protocol'
import type { PagedRequest } from '../results/listing.ts'
import { listObjectVersions } from './list-object-versions.ts'
import type { Listed, ListObjectsOptions } from './list-objects.ts'
import type { ListObjectsV2Options } from './list-objects-v2.ts'

/** Lists versions where the options ask for them, and through `list` otherwise. */
export function listAnyObjects<Versions extends boolean, Options extends ListObjectsV2Options>(
  bucket: string,
  options: Options & ListObjectsOptions<Versions>,
  list: (bucket: string, options: Options) => PagedRequest<ListingEntry>,
): PagedRequest<Listed<Versions>> {
  const request: PagedRequest<ListingEntry> | PagedRequest<VersionListingEntry> =
    options.includeVersions === true ? listObjectVersions(bucket, options) : list(bucket, options)
  // The type of the entries follows from the option that was just looked at.
  return request as PagedRequest<Listed<Versions>>
}
