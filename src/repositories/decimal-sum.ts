/**
 * A sum of numbers in text. Decimal text (`-12.50`) is added exactly, however long; what is not (`1e+21`, `Infinity`,
 * `NaN`) is added as a double, and then so is the result.
 */
export class DecimalSum {
  /** Of all decimals, in units of 10^-scale. */
  #units = 0n
  #scale = 0
  /** Of all that are no decimals; null for none. */
  #double: number | null = null

  /** Adds a number; throws a `TypeError` for text that is none. */
  add(text: string): void {
    const decimal = parse(text)
    if (decimal === null) {
      const number = text === 'NaN' ? Number.NaN : Number(text)
      if (text.trim() === '' || (Number.isNaN(number) && text !== 'NaN'))
        throw new TypeError(`'${text}' is not a number`)
      this.#double = (this.#double ?? 0) + number
      return
    }
    this.addUnits(decimal.units, decimal.scale)
  }

  /** Adds `units` × 10^-`scale`. */
  addUnits(units: bigint, scale: number): void {
    if (scale > this.#scale) {
      this.#units *= 10n ** BigInt(scale - this.#scale)
      this.#scale = scale
    }
    this.#units += units * 10n ** BigInt(this.#scale - scale)
  }

  /** Adds a double that is the sum of numbers that are no decimals. */
  addDouble(value: number): void {
    this.#double = (this.#double ?? 0) + value
  }

  /** Decimal text without trailing zeros; a double's shortest text once a number was no decimal. */
  get text(): string {
    const negative = this.#units < 0n
    const digits = String(negative ? -this.#units : this.#units).padStart(this.#scale + 1, '0')
    const whole = digits.slice(0, digits.length - this.#scale)
    const fraction = digits.slice(digits.length - this.#scale).replace(/0+$/, '')
    const text = `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
    return this.#double === null ? text : String(Number(text) + this.#double)
  }
}

const decimalForm = /^([+-]?)(\d+)(?:\.(\d+))?$/

/** Compares two numbers in decimal text, however long; negative, zero or positive, and zero where one of them is no such text. */
export function compareDecimals(left: string, right: string): number {
  const [one, other] = [parse(left), parse(right)]
  if (one === null || other === null) return 0
  const scale = Math.max(one.scale, other.scale)
  const difference = one.units * 10n ** BigInt(scale - one.scale) - other.units * 10n ** BigInt(scale - other.scale)
  return difference === 0n ? 0 : difference < 0n ? -1 : 1
}

/** Decimal text as `units` × 10^-`scale`; null: it is none. */
function parse(text: string): { readonly units: bigint; readonly scale: number } | null {
  const match = decimalForm.exec(text)
  if (match === null) return null
  const [, sign = '', whole = '', fraction = ''] = match
  return { units: BigInt(sign + whole + fraction), scale: fraction.length }
}
