/** An id of 40 digits from a short number. */
export const idOf = (number: number): string => number.toString(16).padStart(40, '0')
