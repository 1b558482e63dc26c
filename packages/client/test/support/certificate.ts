import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface Certificate {
  /** PEM. */
  readonly key: string
  readonly cert: string
}

/**
 * A certificate that signs itself, for one name; made anew, so that it never expires here.
 *
 * @param extension such as `subjectAltName=IP:127.0.0.1`
 */
export function certificate(folder: string, name: string, extension: string): Certificate {
  const [key, cert] = [`${folder}/${name}.key`, `${folder}/${name}.crt`]
  const subject = ['-subj', `/CN=${name}`, '-addext', extension]
  const files = ['-keyout', key, '-out', cert]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  const request = ['req', '-x509', '-nodes', '-days', '1', ...curve, ...subject, ...files]
  execFileSync('openssl', request, { stdio: 'ignore' })
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
}
