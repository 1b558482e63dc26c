import { keys, type Choice, type Draft, type Row } from './choice.ts'

function pageQuery(choice: Choice, limit: string): Record<string, string> {
  return choice.headers([
    [0.3, 'prefix', () => choice.pick(['', 'a', 'a/', 'a/b', '..', 'ü', 'nothing', '\u{1F600}'])],
    [0.4, 'delimiter', () => choice.pick(['/', '/', 'b', '', '//', 'ü'])],
    [0.5, limit, () => choice.mostly(['1', '2', '3', '1000', '5000', ''], ['0', '-1', 'x'], 0.1)],
    [0.5, 'encoding-type', () => choice.mostly(['url'], ['base64'])],
  ])
}

/** A name to go on from: mostly one that is there. */
function marker(choice: Choice): string {
  return choice.pick([...keys.slice(0, 20), 'a/b/', 'zz', ''])
}

function listV1(choice: Choice): Draft {
  const query = {
    ...pageQuery(choice, 'max-keys'),
    ...choice.headers([[0.4, 'marker', () => marker(choice)]]),
  }
  return { method: 'GET', bucket: choice.bucket(), query }
}

function listV2(choice: Choice): Draft {
  const tokens = choice.model.tokens.slice(-3)
  const query = {
    'list-type': choice.mostly(['2'], ['3'], 0.01),
    ...pageQuery(choice, 'max-keys'),
    ...choice.headers([
      [0.3, 'start-after', () => marker(choice)],
      [
        0.3,
        'continuation-token',
        () => choice.mostly(tokens.length > 0 ? tokens : ['x'], ['x', '']),
      ],
    ]),
  }
  return { method: 'GET', bucket: choice.bucket(), query }
}

function listVersions(choice: Choice): Draft {
  const bucket = choice.bucket()
  const key = choice.key(bucket)
  const query = {
    versions: '',
    ...pageQuery(choice, 'max-keys'),
    ...choice.headers([
      [0.5, 'key-marker', () => choice.pick([key, key, marker(choice)])],
      [0.3, 'version-id-marker', () => choice.versionId(bucket, key)],
    ]),
  }
  return { method: 'GET', bucket, query }
}

function listUploads(choice: Choice): Draft {
  const bucket = choice.bucket()
  const uploads = choice.model.uploadsOf(bucket)
  const { id, key } = uploads.length > 0 ? choice.pick(uploads) : { id: '«u999999»', key: 'a' }
  const query = {
    uploads: '',
    ...pageQuery(choice, 'max-uploads'),
    ...choice.headers([
      [0.5, 'key-marker', () => choice.pick([key, key, marker(choice)])],
      [0.4, 'upload-id-marker', () => choice.mostly([id], [''])],
    ]),
  }
  return { method: 'GET', bucket, query }
}

export const listingRequests: readonly Row[] = [
  [3, listV1],
  [5, listV2],
  [5, listVersions],
  [3, listUploads],
]
