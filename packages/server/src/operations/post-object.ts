import { authorize, loadObjectTags, type Identity } from '../authorize.ts'
import { S3Failure } from '../failure.ts'
import { planBody } from '../http/body-plan.ts'
import { FormReader, maxFieldBytes } from '../http/form/form-reader.ts'
import { formBoundary } from '../http/form/part-head.ts'
import { checkedBody } from '../http/receive-body.ts'
import type { Reply } from '../http/reply.ts'
import { PolicyError } from '../policy/policy.ts'
import { parsePostPolicy, postPolicyProblem, type SignedForm } from '../policy/post-policy.ts'
import { authenticateForm } from './form-authentication.ts'
import { formRequest } from './form-request.ts'
import type { BodySource, Operation, OperationContext } from './operation.ts'
import { postReply } from './post-reply.ts'
import { maxPutBytes, putObject } from './put-object.ts'

/** An upload by an HTML form. */
export const postObject: Operation = {
  action: 's3:PutObject',
  authorizesItself: true,
  hasBody: true,
  run,
}

async function run(context: OperationContext): Promise<Reply> {
  const { request, bucket, server } = context
  if (context.arrival.authType !== undefined) {
    throw new S3Failure('InvalidRequest', {
      message: 'Only one authentication mechanism may be used at a time: the fields of the form.',
    })
  }
  const boundary = formBoundary(request.header('content-type') ?? '')
  const reader = new FormReader(formBody(context), boundary)
  const { fields, filename } = await reader.readHead()
  const identity = authenticateForm(fields, server)
  const filled = fillIn(fields, filename)
  const range = allowedSizes(identity, { bucket, fields, filled }, server.now())
  const upload = uploadContext(context, identity, filled, new FormFile(reader, range))
  const access = { action: postObject.action, bucket, key: upload.key }
  await loadObjectTags(upload, access)
  const refusal = authorize(upload, access)
  if (refusal !== undefined) throw refusal
  const stored = await putObject.run(upload)
  return postReply({ request, bucket, key: upload.key, fields: filled, stored })
}

/** What the headers of a form promise holds for the whole of it; its fields speak of the file. */
function formBody({ request, payload, body }: OperationContext): BodySource {
  const maxBytes = maxPutBytes + 2 * maxFieldBytes
  return checkedBody(body, planBody(request, payload, { maxBytes, needsSize: false }), maxBytes)
}

/** Fields that are taken as they are: what signs the form. */
const literalFields: ReadonlySet<string> = new Set([
  'policy',
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-signature',
])

function fillIn(
  fields: ReadonlyMap<string, string>,
  filename: string,
): ReadonlyMap<string, string> {
  const filled = new Map<string, string>()
  for (const [name, value] of fields) {
    filled.set(
      name,
      literalFields.has(name) ? value : value.replaceAll('${filename}', () => filename),
    )
  }
  return filled
}

interface SizeRange {
  readonly minBytes: number
  readonly maxBytes: number
}

/** @throws S3Failure when the form is not what its signer allowed */
function allowedSizes(identity: Identity, form: SignedForm, now: Date): SizeRange {
  if (identity.kind === 'anonymous') return { minBytes: 0, maxBytes: maxPutBytes }
  try {
    const policy = parsePostPolicy(form.fields.get('policy') ?? '')
    const problem = postPolicyProblem(policy, form, now)
    if (problem === undefined) return policy
    throw new S3Failure('AccessDenied', { message: `Invalid according to Policy: ${problem}` })
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error
    throw new S3Failure('InvalidPolicyDocument', { message: `Invalid Policy: ${error.message}` })
  }
}

/** The form as the PUT that it stands for. */
function uploadContext(
  context: OperationContext,
  identity: Identity,
  fields: ReadonlyMap<string, string>,
  body: BodySource,
): OperationContext {
  const key = fields.get('key') ?? ''
  if (key === '') throw new S3Failure('UserKeyMustBeSpecified')
  const authType = identity.kind === 'anonymous' ? undefined : 'POST'
  return {
    ...context,
    identity,
    arrival: { ...context.arrival, authType },
    request: formRequest(context.request, fields),
    query: new Map(),
    key,
    payload: { kind: 'unsigned' },
    body,
  }
}

/** The file of a form, which must have a size that its policy allows. */
class FormFile implements BodySource {
  readonly sizeless = true
  readonly #reader: FormReader
  readonly #range: SizeRange
  #sizeBytes = 0

  constructor(reader: FormReader, range: SizeRange) {
    this.#reader = reader
    this.#range = range
  }

  async next(): Promise<Uint8Array | undefined> {
    const bytes = await this.#reader.next()
    const { minBytes, maxBytes } = this.#range
    this.#sizeBytes += bytes?.length ?? 0
    if (this.#sizeBytes > maxBytes) {
      throw new S3Failure('EntityTooLarge', { extra: { MaxSizeAllowed: String(maxBytes) } })
    }
    if (bytes === undefined && this.#sizeBytes < minBytes) {
      throw new S3Failure('EntityTooSmall', {
        extra: { ProposedSize: String(this.#sizeBytes), MinSizeAllowed: String(minBytes) },
      })
    }
    return bytes
  }
}
