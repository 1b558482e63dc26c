import { S3Failure } from '../../failure.ts'

/** Significant digits of a result, as the DECIMAL of S3 Select has (SQL reference, data types). */
const maxDigits = 38

/**
 * A decimal number, exact: `units` times ten to the power of minus `scale`. Money in CSV would come
 * out as 0.30000000000000004 if it were summed up in binary.
 */
export class Decimal {
  readonly units: bigint
  /** Digits behind the point, not negative; trailing zeros are kept. */
  readonly scale: number

  constructor(units: bigint, scale: number) {
    this.units = units
    this.scale = scale
  }

  /** @param text digits with at most one point and a sign in front, as a caller has checked */
  static parse(text: string): Decimal {
    const point = text.indexOf('.')
    if (point < 0) return new Decimal(BigInt(text.startsWith('+') ? text.slice(1) : text), 0)
    const sign = text.startsWith('-') ? '-' : ''
    const whole = text.slice(sign !== '' || text.startsWith('+') ? 1 : 0, point)
    const fraction = text.slice(point + 1)
    return new Decimal(BigInt(`${sign}${whole}${fraction}` || '0'), fraction.length)
  }

  toString(): string {
    if (this.scale === 0) return this.units.toString()
    const negative = this.units < 0n
    const digits = (negative ? -this.units : this.units).toString().padStart(this.scale + 1, '0')
    const point = digits.length - this.scale
    return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
  }

  toNumber(): number {
    return Number(this.toString())
  }

  /** The whole part, towards zero. */
  truncate(): bigint {
    return this.units / powerOfTen(this.scale)
  }

  negate(): Decimal {
    return new Decimal(-this.units, this.scale)
  }

  add(other: Decimal): Decimal {
    const scale = Math.max(this.scale, other.scale)
    return rounded(this.unitsAt(scale) + other.unitsAt(scale), scale)
  }

  multiply(other: Decimal): Decimal {
    return rounded(this.units * other.units, this.scale + other.scale)
  }

  /** @param other not zero */
  divide(other: Decimal): Decimal {
    const wantedScale = Math.max(0, this.scale - other.scale)
    const missing = maxDigits + digitsOf(other.units) - digitsOf(this.units) + 1
    const extra = Math.max(0, missing, other.scale - this.scale)
    const quotient = divideHalfEven(this.units * powerOfTen(extra), other.units)
    return shortened(rounded(quotient, this.scale + extra - other.scale), wantedScale)
  }

  /** @param other not zero */
  remainder(other: Decimal): Decimal {
    const scale = Math.max(this.scale, other.scale)
    return new Decimal(this.unitsAt(scale) % other.unitsAt(scale), scale)
  }

  /** @returns negative, zero or positive, as this one is smaller, equal or larger */
  compare(other: Decimal): number {
    const scale = Math.max(this.scale, other.scale)
    const left = this.unitsAt(scale)
    const right = other.unitsAt(scale)
    return left < right ? -1 : left > right ? 1 : 0
  }

  /** The same number with so many digits behind the point, rounded half to even. */
  withScale(scale: number): Decimal {
    if (scale >= this.scale) return new Decimal(this.unitsAt(scale), scale)
    return new Decimal(divideHalfEven(this.units, powerOfTen(this.scale - scale)), scale)
  }

  /** @param scale not smaller than its own */
  unitsAt(scale: number): bigint {
    return scale === this.scale ? this.units : this.units * powerOfTen(scale - this.scale)
  }
}

/** Digits of a result at most, also before the point: each further product would double them. */
const maxResultDigits = 400
const resultLimit = 10n ** BigInt(maxResultDigits)

/**
 * Cuts a result to the digits that a DECIMAL holds, as far as they stand after the point.
 * @throws S3Failure IntegerOverflow for more than 400 digits before it
 */
function rounded(units: bigint, scale: number): Decimal {
  if (scale > maxResultDigits) {
    const dropped = scale - maxResultDigits
    return rounded(divideHalfEven(units, powerOfTen(dropped)), maxResultDigits)
  }
  if (scale === 0) {
    if (absolute(units) >= resultLimit) throw new S3Failure('IntegerOverflow')
    return new Decimal(units, 0)
  }
  const digits = digitsOf(units)
  if (digits - scale > maxResultDigits) throw new S3Failure('IntegerOverflow')
  const excess = digits - maxDigits
  if (excess <= 0) return new Decimal(units, scale)
  const dropped = Math.min(excess, scale)
  return new Decimal(divideHalfEven(units, powerOfTen(dropped)), scale - dropped)
}

/** Without the zeros that only a division brought. */
function shortened(value: Decimal, scale: number): Decimal {
  let { units } = value
  let digits = value.scale
  while (digits > scale && units % 10n === 0n) {
    units /= 10n
    digits--
  }
  return new Decimal(units, digits)
}

function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  const twiceRest = 2n * absolute(dividend % divisor)
  const size = absolute(divisor)
  if (twiceRest < size || (twiceRest === size && quotient % 2n === 0n)) return quotient
  return dividend < 0n === divisor < 0n ? quotient + 1n : quotient - 1n
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value
}

function digitsOf(value: bigint): number {
  return absolute(value).toString().length
}

const powers: readonly bigint[] = Array.from(
  { length: 80 },
  (_, exponent) => 10n ** BigInt(exponent),
)

function powerOfTen(exponent: number): bigint {
  return powers[exponent] ?? 10n ** BigInt(exponent)
}
