import { timingSafeEqual } from 'node:crypto'
import type { SigningKey } from './signing-key.ts'

/**
 * Signs the policy document of a browser upload: the string to sign is the base64 of the
 * document and nothing else.
 */
export function signPostPolicy(key: SigningKey, policyBase64: string): string {
  return key.sign(policyBase64)
}

/** Compares two texts in a time that depends on their lengths alone. */
export function equalInConstantTime(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Whether `signature` is that of this policy. */
export function verifyPostPolicy(
  key: SigningKey,
  policyBase64: string,
  signature: string,
): boolean {
  return equalInConstantTime(signPostPolicy(key, policyBase64), signature)
}
