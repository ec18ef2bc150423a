const isAlpha = (c: number): boolean => (c >= 65 && c <= 90) || (c >= 97 && c <= 122)
/** Whether a byte is a decimal digit. */
export const isDigit = (c: number): boolean => c >= 48 && c <= 57
const isControl = (c: number): boolean => c < 32 || c === 127
const isSpace = (c: number): boolean => c === 32 || (c >= 9 && c <= 13)
const isPunctuation = (c: number): boolean => c > 32 && c < 127 && !isAlpha(c) && !isDigit(c)
const isHexadecimal = (c: number): boolean => isDigit(c) || (c >= 65 && c <= 70) || (c >= 97 && c <= 102)

/** Whether a character belongs to the class `%x`; an upper-case letter means its complement. */
export const inClass = (c: number, letter: number): boolean => {
  const upper = letter >= 65 && letter <= 90
  switch (String.fromCharCode(letter | 32)) {
    case 'a':
      return isAlpha(c) !== upper
    case 'c':
      return isControl(c) !== upper
    case 'd':
      return isDigit(c) !== upper
    case 'l':
      return (c >= 97 && c <= 122) !== upper
    case 'p':
      return isPunctuation(c) !== upper
    case 's':
      return isSpace(c) !== upper
    case 'u':
      return (c >= 65 && c <= 90) !== upper
    case 'w':
      return (isAlpha(c) || isDigit(c)) !== upper
    case 'x':
      return isHexadecimal(c) !== upper
    case 'z':
      return (c === 0) !== upper
    default:
      return letter === c
  }
}
