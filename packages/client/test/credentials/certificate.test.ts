import { createServer } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { certificateProvider } from '../../src/credentials/certificate-credentials.ts'
import { certificateCredentials, isTransportError } from '../../src/index.ts'
import { certificate } from '../support/certificate.ts'
import { parametersOf, stsAnswer } from './sts-support.ts'
import { failureOf, partsFor, scriptedService, temporaryFolder, VirtualClock } from './support.ts'

test('a client certificate gives keys, by the query', async () => {
  await using folder = await temporaryFolder()
  const server = certificate(folder.path, 'server', 'subjectAltName=IP:127.0.0.1')
  const user = certificate(folder.path, 'reader', 'extendedKeyUsage=clientAuth')
  const clock = new VirtualClock()
  const names: unknown[] = []
  const listener = createServer({ ...server, ca: user.cert, requestCert: true })
  listener.on('secureConnection', (socket: TLSSocket) => {
    names.push(socket.getPeerCertificate().subject.CN)
  })
  await using sts = await scriptedService(
    () => ({ body: stsAnswer('AssumeRoleWithCertificate', clock.in(3600)) }),
    listener,
  )
  const endpoint = `https://127.0.0.1:${sts.port}`
  const provider = certificateProvider(
    { endpoint, durationSeconds: 3600, tls: { ...user, ca: server.cert } },
    partsFor(clock),
  )
  expect(await provider()).toMatchObject({ accessKey: 'STSKEY', sessionToken: 'sts-token' })
  expect(names).toEqual(['reader'])
  const [request] = sts.requests
  expect(request).toMatchObject({ method: 'POST', body: '' })
  expect(parametersOf(request?.target.slice(2))).toEqual({
    Action: 'AssumeRoleWithCertificate',
    Version: '2011-06-15',
    DurationSeconds: '3600',
  })

  const untrusting = certificateProvider({ endpoint, tls: user }, partsFor(clock))
  expect(isTransportError(await failureOf(untrusting()), 'tls')).toBe(true)
  expect(sts.requests).toHaveLength(1)
})

const pem = { cert: 'cert', key: 'key' }

test.each([
  ['endpoint', { endpoint: 'http://host', tls: pem }],
  ['tls', { endpoint: 'https://host' }],
  ['tls', { endpoint: 'https://host', tls: { cert: 'cert' } }],
  ['durationSeconds', { endpoint: 'https://host', tls: pem, durationSeconds: 0 }],
])('a wrong %s is refused: %o', (argument, options) => {
  expect(() => certificateCredentials(options)).toThrow(
    expect.objectContaining({ name: 'InvalidArgumentError', argument }),
  )
})
