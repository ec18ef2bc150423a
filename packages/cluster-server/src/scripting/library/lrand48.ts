const MULTIPLIER = 0x5deece66dn
const INCREMENT = 0xbn
const MASK = (1n << 48n) - 1n
const FIRST_SEED = 0x330en

/**
 * The generator behind `math.random`: the 48-bit linear congruence of `lrand48`, which Redis carries with it so that a
 * script draws the same numbers everywhere. Source: Redis' `rand.c`, after POSIX `drand48`.
 */
export class Lrand48 {
  static readonly MAX = 0x7fffffff
  #state = FIRST_SEED

  seed(value: number): void {
    this.#state = (BigInt.asUintN(32, BigInt(Math.trunc(value))) << 16n) | FIRST_SEED
  }

  /** A number from 0 to `MAX`. */
  next(): number {
    this.#state = (this.#state * MULTIPLIER + INCREMENT) & MASK
    return Number(this.#state >> 17n)
  }
}
