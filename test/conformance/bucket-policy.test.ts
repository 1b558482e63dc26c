import { expect } from 'vitest'
import type { BucketPolicy, Client } from 'stowage'
import { conformance } from './harness/conformance.ts'
import { rowsOf } from './harness/entries.ts'
import { codeOf, expectRefusedLocally } from './harness/refusals.ts'

/** A policy that allows everybody these actions. */
function allowing(
  bucket: string,
  actions: { readonly onBucket?: readonly string[]; readonly onObjects?: readonly string[] },
  principal: BucketPolicyPrincipal = '*',
): BucketPolicy {
  const { onBucket = [], onObjects = [] } = actions
  const statement = (Action: readonly string[], Resource: string) => ({
    Effect: 'Allow' as const,
    Principal: principal,
    Action,
    Resource,
  })
  return {
    Version: '2012-10-17',
    Statement: [
      ...(onBucket.length > 0 ? [statement(onBucket, `arn:aws:s3:::${bucket}`)] : []),
      ...(onObjects.length > 0 ? [statement(onObjects, `arn:aws:s3:::${bucket}/*`)] : []),
    ],
  }
}

type BucketPolicyPrincipal = '*' | Readonly<Record<string, string | readonly string[]>>

const readonly = { onBucket: ['s3:ListBucket'], onObjects: ['s3:GetObject'] } as const
const readwrite = {
  onBucket: ['s3:ListBucket', 's3:GetBucketLocation'],
  onObjects: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
} as const

/** What somebody can do with a bucket that holds the object `key`: `yes`, or the refusal. */
async function rights(client: Client, bucket: string): Promise<Record<string, string>> {
  const may = async (call: Promise<unknown>): Promise<string> => {
    return call.then(
      () => 'yes',
      () => codeOf(call),
    )
  }
  return {
    list: await may(client.listObjectsV2(bucket).toArray()),
    read: await may(client.getObject(bucket, 'key').then((reader) => reader.bytes())),
    write: await may(client.putObject(bucket, 'written', 'x')),
    remove: await may(client.removeObject(bucket, 'written')),
    policy: await may(client.getBucketPolicy(bucket)),
  }
}

const nothing = {
  list: 'AccessDenied',
  read: 'AccessDenied',
  write: 'AccessDenied',
  remove: 'AccessDenied',
  policy: 'AccessDenied',
} as const

const needs = ['bucket policy'] as const

conformance('setBucketPolicy', (defineCase) => {
  defineCase(
    'lets nobody in without a policy',
    async ({ client, anonymous, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'key', 'secret')
      expect(await rights(anonymous(), name)).toEqual(nothing)
    },
    { needs },
  )

  defineCase(
    'readonly: lets everybody list and read, until it is deleted',
    async ({ client, anonymous, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'key', 'public')
      await client.setBucketPolicy(name, allowing(name, readonly))
      const visitor = anonymous()
      expect(await rights(visitor, name)).toEqual({ ...nothing, list: 'yes', read: 'yes' })
      expect(await (await visitor.getObject(name, 'key')).text()).toBe('public')
      expect(await visitor.bucketExists(name)).toBe(true)
      // Who may list may know what is missing.
      expect(await codeOf(visitor.getObject(name, 'missing'))).toBe('NoSuchKey')
      await client.deleteBucketPolicy(name)
      expect(await rights(visitor, name)).toEqual(nothing)
    },
    { needs },
  )

  defineCase(
    'readwrite: lets everybody write and remove as well',
    async ({ client, anonymous, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'key', 'public')
      await client.setBucketPolicy(name, allowing(name, readwrite))
      const visitor = anonymous()
      const all = { list: 'yes', read: 'yes', write: 'yes', remove: 'yes', policy: 'AccessDenied' }
      expect(await rights(visitor, name)).toEqual(all)
      await visitor.putObject(name, 'from a visitor', 'hello')
      expect(rowsOf(await client.listObjectsV2(name).toArray())).toEqual(['from a visitor', 'key'])
      expect(await (await client.getObject(name, 'from a visitor')).text()).toBe('hello')
    },
    { needs },
  )

  defineCase(
    'writeonly: does not tell what exists',
    async ({ client, anonymous, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'key', 'secret')
      await client.setBucketPolicy(name, allowing(name, { onObjects: ['s3:PutObject'] }))
      const visitor = anonymous()
      expect(await rights(visitor, name)).toEqual({ ...nothing, write: 'yes' })
      expect(await codeOf(visitor.getObject(name, 'missing'))).toBe('AccessDenied')
    },
    { needs },
  )

  defineCase(
    'replaces the policy before it; a denial wins',
    async ({ client, anonymous, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'key', 'x')
      await client.setBucketPolicy(name, allowing(name, readwrite))
      const { Version, Statement } = allowing(name, readonly)
      const deny = {
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:GetObject',
        Resource: `arn:aws:s3:::${name}/key`,
      } as const
      await client.setBucketPolicy(name, { Version, Statement: [Statement, deny].flat() })
      const visitor = anonymous()
      expect(await rights(visitor, name)).toEqual({ ...nothing, list: 'yes' })
      await client.putObject(name, 'other', 'seen')
      expect(await (await visitor.getObject(name, 'other')).text()).toBe('seen')
    },
    { needs },
  )

  defineCase(
    'tells users apart',
    async ({ client, running, anonymous, otherUser, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'key', 'for one')
      const other = otherUser()
      expect(await rights(other, name)).toEqual(nothing)
      const AWS = [`arn:aws:iam:::user/${running.otherUser?.accessKey}`]
      await client.setBucketPolicy(name, allowing(name, readonly, { AWS }))
      expect(await rights(other, name)).toEqual({ ...nothing, list: 'yes', read: 'yes' })
      expect(await rights(anonymous(), name)).toEqual(nothing)
    },
    { needs: ['bucket policy', 'other users'] },
  )

  defineCase(
    'takes text, bytes and an object alike',
    async ({ client, bucket }) => {
      const name = await bucket()
      const policy = allowing(name, { onObjects: ['s3:GetObject'] })
      const text = JSON.stringify(policy, undefined, 2)
      for (const form of [policy, text, Buffer.from(text), `\n ${text}\n`]) {
        await client.setBucketPolicy(name, form)
        const stored: unknown = JSON.parse(await client.getBucketPolicy(name))
        expect(stored).toMatchObject({ Version: '2012-10-17', Statement: [{ Effect: 'Allow' }] })
        await client.deleteBucketPolicy(name)
      }
    },
    { needs },
  )

  defineCase('refuses what is no JSON object without a request', async (context) => {
    const { newClient, bucket } = context
    const name = await bucket()
    const set = newClient({}).setBucketPolicy
    const wrong: readonly unknown[] = [
      '',
      '  ',
      '{',
      '{"Version": }',
      "{'a': 1}",
      '[]',
      '"text"',
      'null',
      '1',
      undefined,
      null,
      [],
      7,
      Buffer.from([0x7b, 0xff, 0x7d]),
    ]
    for (const policy of wrong) {
      await expectRefusedLocally(
        newClient,
        (client) => Reflect.apply(set, client, [name, policy]),
        String(policy),
      )
    }
  })

  defineCase(
    'takes a policy of nearly 20 KiB',
    async ({ client, anonymous, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'key', 'public')
      const { Version, Statement } = allowing(name, readonly)
      const folder = (at: number): string => `arn:aws:s3:::${name}/folder-${at}/*`
      const more = {
        Effect: 'Allow',
        Principal: '*',
        Action: 's3:GetObject',
        Resource: Array.from({ length: 330 }, (_, at) => folder(at)),
      } as const
      const policy = { Version, Statement: [more, Statement].flat() }
      const bytes = Buffer.byteLength(JSON.stringify(policy))
      expect([bytes > 14 * 1024, bytes < 20 * 1024]).toEqual([true, true])
      await client.setBucketPolicy(name, policy)
      expect(await rights(anonymous(), name)).toMatchObject({ list: 'yes', read: 'yes' })
      expect((await client.getBucketPolicy(name)).length).toBeGreaterThan(14 * 1024)
    },
    { needs },
  )

  defineCase(
    'surfaces that a policy is none, and keeps the one before',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.setBucketPolicy(name, allowing(name, readonly))
      const before = await client.getBucketPolicy(name)
      const elsewhere = allowing('some-other-bucket', readonly)
      const nonsense = { Version: '2012-10-17', Statement: [{ Effect: 'Perhaps' }] }
      for (const policy of ['{}', JSON.stringify(nonsense), JSON.stringify(elsewhere)]) {
        expect(await codeOf(client.setBucketPolicy(name, policy)), policy).toBe('MalformedPolicy')
      }
      const long = { ...allowing(name, readonly), Id: 'x'.repeat(21 * 1024) }
      expect(['MalformedPolicy', 'PolicyTooLarge', 'EntityTooLarge']).toContain(
        await codeOf(client.setBucketPolicy(name, long)),
      )
      expect(await client.getBucketPolicy(name)).toBe(before)
    },
    { needs: [...needs, 'checked policies'] },
  )
})

conformance('getBucketPolicy', (defineCase) => {
  defineCase(
    'says that there is none',
    async ({ client, bucket, bucketName }) => {
      expect(await codeOf(client.getBucketPolicy(await bucket()))).toBe('NoSuchBucketPolicy')
      expect(await codeOf(client.getBucketPolicy(bucketName()))).toBe('NoSuchBucket')
    },
    { needs },
  )

  defineCase(
    'gives text that can be set again',
    async ({ client, bucket }) => {
      const name = await bucket()
      const policy = {
        ...allowing(name, { onObjects: ['s3:GetObject'] }),
        Id: 'ünïcode <&> "quoted"',
      }
      await client.setBucketPolicy(name, policy)
      const text = await client.getBucketPolicy(name)
      expect(JSON.parse(text)).toMatchObject({ Id: policy.Id })
      await client.setBucketPolicy(name, text)
      expect(await client.getBucketPolicy(name)).toBe(text)
    },
    { needs },
  )
})

conformance('deleteBucketPolicy', (defineCase) => {
  defineCase(
    'is done where there is none',
    async ({ client, bucket, bucketName }) => {
      const name = await bucket()
      await client.deleteBucketPolicy(name)
      await client.setBucketPolicy(name, allowing(name, readonly))
      await client.deleteBucketPolicy(name)
      expect(await codeOf(client.getBucketPolicy(name))).toBe('NoSuchBucketPolicy')
      expect(await codeOf(client.deleteBucketPolicy(bucketName()))).toBe('NoSuchBucket')
    },
    { needs },
  )
})
