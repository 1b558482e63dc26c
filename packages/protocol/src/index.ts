export { XmlError, XmlRootError } from './xml/xml-error.ts'
export { MAX_DEPTH, rootName, XmlReader, type XmlEvent } from './xml/reader.ts'
export { escapeXml, isXmlText, XmlWriter, type XmlAttribute } from './xml/writer.ts'
export { parseIsoDate } from './xml/iso-date.ts'
export {
  boolean,
  etag,
  integer,
  isoDate,
  listOf,
  oneOf,
  record,
  text,
  type XmlRecord,
  type XmlValue,
} from './xml/values.ts'
export {
  choice,
  constant,
  interleaved,
  list,
  optional,
  optionalList,
  others,
  required,
  withDefault,
  wrappedList,
  type XmlChoice,
  type XmlField,
} from './xml/fields.ts'
export {
  decodeXml,
  encodeXml,
  object,
  S3_NAMESPACE,
  s3Document,
  type ObjectOptions,
  type XmlDocument,
  type XmlFields,
} from './xml/shape.ts'
