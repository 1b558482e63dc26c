/// What runs in the page. Each function is sent there as its source, so it must name nothing but
/// its arguments and what every page has.

/** A form as a site would write it. */
export interface PageForm {
  readonly url: string
  readonly fields: Readonly<Record<string, string>>
}

export const fileInput = 'input[type=file]'

/** Writes a form with a hidden input for each field, and the input for the file behind them. */
export function buildForm({ url, fields }: PageForm): void {
  const form = document.createElement('form')
  form.method = 'post'
  form.action = url
  form.enctype = 'multipart/form-data'
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement('input')
    input.type = 'hidden'
    input.name = name
    input.value = value
    form.append(input)
  }
  const file = document.createElement('input')
  file.type = 'file'
  file.name = 'file'
  const button = document.createElement('button')
  button.name = 'submit'
  button.value = 'Upload'
  form.append(file, button)
  document.body.replaceChildren(form)
}

/** Writes an input for a file, for pages that send it themselves. */
export function buildFileInput(): void {
  const file = document.createElement('input')
  file.type = 'file'
  document.body.replaceChildren(file)
}

export interface PageRequest {
  readonly url: string
  readonly method?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Sends the chosen file, or these bytes of it. */
  readonly file?: { readonly begin?: number; readonly end?: number } | undefined
  /** Sends the form of the page as FormData. */
  readonly form?: boolean | undefined
}

/** What the page got to see. */
export interface PageAnswer {
  /** 0 when fetch failed. */
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** base64 */
  readonly body: string
}

export async function fetchInPage(request: PageRequest): Promise<PageAnswer> {
  const { url, method = 'GET', headers = {}, file, form } = request
  let body: FormData | Blob | undefined
  if (file !== undefined) {
    const chosen = document.querySelector<HTMLInputElement>('input[type=file]')?.files?.[0]
    if (chosen === undefined) throw new Error('no file is chosen')
    body =
      file.begin === undefined && file.end === undefined
        ? chosen
        : chosen.slice(file.begin, file.end)
  }
  if (form === true) body = new FormData(document.querySelector('form') ?? undefined)
  let response: Response
  try {
    response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) })
  } catch {
    return { status: 0, headers: {}, body: '' }
  }
  let text = ''
  for (const byte of new Uint8Array(await response.arrayBuffer())) text += String.fromCharCode(byte)
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: btoa(text),
  }
}
