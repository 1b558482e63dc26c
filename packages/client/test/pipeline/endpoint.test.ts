import { describe, expect, it } from 'vitest'
import { Client } from '../../src/client.ts'
import { InvalidArgumentError } from '../../src/errors.ts'
import { Endpoint } from '../../src/pipeline/endpoint.ts'
import type { Addressing } from '../../src/options.ts'

function parse(endpoint: string, addressing: Addressing = 'auto', secure = true): Endpoint {
  return Endpoint.parse(endpoint, secure, addressing)
}

describe('Endpoint.parse', () => {
  it.each([
    ['play.min.io', 'https://play.min.io', 'play.min.io'],
    ['play.min.io:9000', 'https://play.min.io:9000', 'play.min.io:9000'],
    ['PLAY.min.io', 'https://play.min.io', 'play.min.io'],
    ['127.0.0.1:9000', 'https://127.0.0.1:9000', '127.0.0.1:9000'],
    ['[::1]:9000', 'https://[::1]:9000', '[::1]:9000'],
    ['[::1]', 'https://[::1]', '[::1]'],
    ['http://[2001:DB8::1]:80', 'http://[2001:db8::1]', '[2001:db8::1]'],
    ['minio_1:9000', 'https://minio_1:9000', 'minio_1:9000'],
    ['play.min.io.', 'https://play.min.io.', 'play.min.io.'],
    ['http://host', 'http://host', 'host'],
    ['http://host:80', 'http://host', 'host'],
    ['http://host:443', 'http://host:443', 'host:443'],
    ['https://host:443', 'https://host', 'host'],
    ['https://host:80', 'https://host:80', 'host:80'],
    ['host:443', 'https://host', 'host'],
    ['host:65535', 'https://host:65535', 'host:65535'],
  ])('accepts %s', (endpoint, origin, host) => {
    expect(parse(endpoint).address('bkt', undefined, 'us-east-1')).toMatchObject({ origin, host })
  })

  it('takes the scheme from `secure` only where the endpoint has none', () => {
    expect(parse('host', 'auto', false).origin).toBe('http://host')
    expect(parse('https://host', 'auto', false).origin).toBe('https://host')
    expect(parse('http://host', 'auto', true).origin).toBe('http://host')
  })

  it.each([
    '',
    ' ',
    'host ',
    ' host',
    'ho st',
    'host:0',
    'host:65536',
    'host:99999',
    'host:-1',
    'host:http',
    'host:',
    '//evil',
    '///',
    'ftp://host',
    'file:///etc/passwd',
    'http://',
    'http://user@host',
    'http://user:pw@host/',
    'host?x=1',
    'host#x',
    'http://host/path?x',
    'http://host/path#x',
    'http://host/%zz',
    'a..b',
    '.host',
    '-host',
    '[::1',
    '::1',
    '[fe80::1%25eth0]:9000',
    '[::g]',
    '[1:2:3]',
    'höst',
    'host\\evil',
    'host\r\nx: y',
    'host/a b',
  ])('refuses %j', (endpoint) => {
    expect(() => parse(endpoint)).toThrow(InvalidArgumentError)
  })

  it.each([undefined, null, 9000, {}, ['host'], new URL('http://host')])(
    'refuses what is no string: %s',
    (endpoint) => {
      const options: unknown = { endpoint }
      // The types forbid it; callers of plain JavaScript get there all the same.
      expect(() => new Client(options as { endpoint: string })).toThrow(
        expect.objectContaining({ argument: 'endpoint' }),
      )
    },
  )

  it('names the argument at fault', () => {
    expect(() => new Client({ endpoint: 'host', publicEndpoint: 'a b' })).toThrow(
      expect.objectContaining({ argument: 'publicEndpoint' }),
    )
  })

  it('judges a long hostile text in no time', () => {
    const started = performance.now()
    for (const text of [
      'a.'.repeat(50_000),
      'a'.repeat(100_000),
      `http://${'-'.repeat(100_000)}`,
    ]) {
      expect(() => parse(text)).toThrow(InvalidArgumentError)
    }
    expect(performance.now() - started).toBeLessThan(200)
  })
})

describe('paths', () => {
  it.each([
    ['http://host', '/bkt/a/b'],
    ['http://host/', '/bkt/a/b'],
    ['http://host/s3', '/s3/bkt/a/b'],
    ['http://host/s3/', '/s3/bkt/a/b'],
    ['http://host/a%20b/c+d', '/a%20b/c%2Bd/bkt/a/b'],
  ])('keeps the prefix of %s', (endpoint, path) => {
    expect(parse(endpoint).address('bkt', 'a/b', 'us-east-1').path).toBe(path)
  })

  it('encodes the colon of a tenant and its bucket, as stores do where they check signatures', () => {
    const { path } = parse('http://host').address('tenant:bkt', 'a:b', 'us-east-1')
    expect(path).toBe('/tenant%3Abkt/a%3Ab')
  })

  it('is / for the service, with and without a bucket', () => {
    expect(parse('http://host').address(undefined, undefined, 'x').path).toBe('/')
    expect(parse('s3.amazonaws.com').address('bkt', undefined, 'us-east-1').path).toBe('/')
    expect(parse('http://host/p').address(undefined, undefined, 'x').path).toBe('/p')
  })
})

describe('hosts of AWS', () => {
  it.each([
    ['s3.amazonaws.com', undefined, 's3.eu-west-1.amazonaws.com'],
    ['s3-us-west-1.amazonaws.com', 'us-west-1', 's3.eu-west-1.amazonaws.com'],
    ['s3.us-west-1.amazonaws.com', 'us-west-1', 's3.eu-west-1.amazonaws.com'],
    ['s3.dualstack.us-west-1.amazonaws.com', 'us-west-1', 's3.dualstack.eu-west-1.amazonaws.com'],
    ['s3.cn-north-1.amazonaws.com.cn', 'cn-north-1', 's3.eu-west-1.amazonaws.com.cn'],
    ['s3-external-1.amazonaws.com', undefined, 's3-external-1.amazonaws.com'],
    ['s3-accelerate.amazonaws.com', undefined, 's3-accelerate.amazonaws.com'],
    [
      'bucket.vpce-1a2b-5e6f.s3.us-east-1.vpce.amazonaws.com',
      undefined,
      'bucket.vpce-1a2b-5e6f.s3.us-east-1.vpce.amazonaws.com',
    ],
  ])('%s has region %s', (endpoint, region, elsewhere) => {
    const parsed = parse(endpoint)
    expect(parsed.isAws).toBe(true)
    expect(parsed.region).toBe(region)
    expect(parsed.address(undefined, undefined, 'eu-west-1').host).toBe(elsewhere)
    expect(parsed.address('bkt', 'k', 'eu-west-1')).toMatchObject({
      host: `bkt.${elsewhere}`,
      path: '/k',
    })
  })

  it.each([
    's3.amazonaws.com.evil',
    'evilamazonaws.com',
    's3amazonaws.com',
    'amazonaws.com.evil.org',
    's3.amazonaws.com.evil.cn',
    'storage.googleapis.com',
    's3.us-west-1.example.org',
    'lb-1.us-east-1.elb.amazonaws.com',
    'ec2-1-2-3-4.compute-1.amazonaws.com',
    'abc123.execute-api.us-east-1.amazonaws.com',
  ])('%s is none', (endpoint) => {
    const parsed = parse(endpoint)
    expect(parsed.isAws).toBe(false)
    expect(parsed.region).toBeUndefined()
    expect(parsed.address('bkt', 'k', 'eu-west-1')).toMatchObject({
      host: endpoint,
      path: '/bkt/k',
    })
  })

  it('puts no region into a host that could lead elsewhere', () => {
    const host = (region: string): string =>
      parse('s3.amazonaws.com').address('b', 'k', region).host
    expect(host('evil.example/#')).toBe('s3.amazonaws.com')
    expect(host('EU_x')).toBe('s3.amazonaws.com')
  })
})

describe('what AWS cannot do', () => {
  it.each([
    's3-accelerate.amazonaws.com',
    's3-accelerate.dualstack.amazonaws.com',
    'http://s3-accelerate.amazonaws.com',
  ])('%s takes no bucket with a dot', (endpoint) => {
    const parsed = parse(endpoint)
    expect(() => parsed.address('my.bucket', 'k', 'us-east-1')).toThrow(
      expect.objectContaining({ argument: 'bucket' }),
    )
    const { host } = parsed.address('my-bucket', 'k', 'us-east-1')
    expect(host).toMatch(/^my-bucket\.s3-accelerate\./)
  })

  it('access points take https alone', () => {
    const host = 'point-123.s3-accesspoint.us-west-2.amazonaws.com'
    expect(parse(host).address(undefined, 'k', 'us-west-2').host).toBe(host)
    for (const endpoint of [`http://${host}`, 'http://s3-accesspoint.us-west-2.amazonaws.com']) {
      expect(() => parse(endpoint)).toThrow(expect.objectContaining({ argument: 'endpoint' }))
    }
    expect(() => parse(host, 'auto', false)).toThrow(InvalidArgumentError)
    expect(parse('http://s3-accesspoint.example.org').isAws).toBe(false)
  })

  it.each(['s3.amazonaws.com.cn', 'vpce-1.s3.cn-north-1.vpce.amazonaws.com.cn'])(
    '%s has no region that could be guessed',
    async (endpoint) => {
      expect(() => new Client({ endpoint })).toThrow(
        expect.objectContaining({ argument: 'region' }),
      )
      await new Client({ endpoint, region: 'cn-northwest-1' }).close()
      await new Client({ endpoint: 's3.cn-north-1.amazonaws.com.cn' }).close()
    },
  )
})

describe('addressing', () => {
  const aws = 's3.us-east-1.amazonaws.com'
  it.each<[string, Addressing, boolean, string, string]>([
    [aws, 'auto', true, 'bkt', `bkt.${aws}`],
    [aws, 'auto', true, 'my.bucket', aws],
    [aws, 'auto', false, 'my.bucket', `my.bucket.${aws}`],
    [aws, 'auto', true, 'My_Bucket', aws],
    [aws, 'path', true, 'bkt', aws],
    [aws, 'virtual', true, 'bkt', `bkt.${aws}`],
    [aws, 'virtual', true, 'my.bucket', aws],
    ['minio.local:9000', 'auto', true, 'bkt', 'minio.local:9000'],
    ['minio.local:9000', 'virtual', true, 'bkt', 'bkt.minio.local:9000'],
    ['minio.local:9000', 'path', true, 'bkt', 'minio.local:9000'],
  ])('%s %s (secure: %s), bucket %s → %s', (endpoint, addressing, secure, bucket, host) => {
    const address = parse(endpoint, addressing, secure).address(bucket, 'k', 'us-east-1')
    expect(address.host).toBe(host)
    expect(address.path).toBe(host === endpoint ? `/${bucket}/k` : '/k')
    expect(address.origin).toBe(`${secure ? 'https' : 'http'}://${host}`)
  })

  it('is path style where the request demands it', () => {
    expect(parse(aws).address('bkt', undefined, 'us-east-1', true)).toMatchObject({
      host: aws,
      path: '/bkt',
    })
  })

  it('refuses an addressing that does not exist', () => {
    const options: unknown = { endpoint: 'host', addressing: 'host' }
    expect(() => new Client(options as { endpoint: string })).toThrow(
      expect.objectContaining({ argument: 'addressing' }),
    )
  })
})

describe('isLoopback', () => {
  it.each(['localhost:9000', 'a.localhost', '127.0.0.1', '127.8.9.10:1', '[::1]:9000'])(
    '%s is',
    (endpoint) => expect(parse(endpoint).isLoopback).toBe(true),
  )
  it.each(['127.evil.com', 'localhost.evil.com', '128.0.0.1', '[::2]', '10.0.0.1'])(
    '%s is not',
    (endpoint) => expect(parse(endpoint).isLoopback).toBe(false),
  )
})
