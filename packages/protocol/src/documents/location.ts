import { s3Document, type XmlDocument } from '../xml/shape.ts'
import { text } from '../xml/values.ts'

/**
 * The document `<LocationConstraint>`, the answer to GetBucketLocation: text right in the root.
 * {@link regionOfLocation} tells the region.
 */
export const locationDocument: XmlDocument<string> = s3Document('LocationConstraint', text)

const oldNames: ReadonlyMap<string, string> = new Map([
  ['', 'us-east-1'],
  ['US', 'us-east-1'],
  ['EU', 'eu-west-1'],
])

/** The region that a location constraint stands for: an empty one is us-east-1, `EU` is eu-west-1. */
export function regionOfLocation(locationConstraint: string): string {
  return oldNames.get(locationConstraint) ?? locationConstraint
}
