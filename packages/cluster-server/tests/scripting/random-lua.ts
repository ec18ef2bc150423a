import fc from 'fast-check'

/** Values of all kinds; the names are locals of the script that the expressions run in. */
const ATOMS = [
  ...['0', '1', '2', '3', '7', '10', '0.5', '2.5', '1e15', '100000000000005', '123456.789', '1e300', '0x10'],
  ...['"a"', '"b"', '"10"', '" 5 "', '"0x1F"', '"1e2"', '""', '"abc"', '"x1"', '"-3"'],
  ...['nil', 'true', 'false', 'one', 'text', 'none', 'tab', 'tab.x', 'tab.missing', 'fn', 'up', 'tab[1]', '#text'],
] as const

const ARITHMETIC = ['+', '-', '*', '/', '%', '^'] as const
const COMPARISON = ['<', '<=', '>', '>=', '==', '~='] as const

/** An expression of Lua over those atoms, with every operator; most of them are errors sooner or later. */
export const luaExpression: fc.Arbitrary<string> = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom(...ATOMS),
    fc
      .tuple(tie('expression'), fc.constantFrom(...ARITHMETIC), tie('expression'))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    fc
      .tuple(tie('expression'), fc.constantFrom(...COMPARISON), tie('expression'))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    fc.tuple(tie('expression'), tie('expression')).map(([left, right]) => `(${left} .. ${right})`),
    fc
      .tuple(tie('expression'), fc.constantFrom('and', 'or'), tie('expression'))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    fc
      .tuple(fc.constantFrom('not ', '-', '#'), tie('expression'))
      .map(([operator, operand]) => `(${operator}${operator === '-' ? ' ' : ''}${operand})`),
    tie('expression').map((argument) => `id(${argument})`),
    tie('expression').map((argument) => `tostring(${argument})`),
  ),
})).expression

/** A script that shows the value of an expression with its type, or the error that it ends in. */
export const showExpression = (expression: string): string =>
  [
    'local one, text, none, tab, up = 1, "text", nil, {x = 5, 6}, {}',
    'local function fn() return 4 end',
    'local function id(...) return ... end',
    'local function show(v)',
    '  if type(v) == "table" or type(v) == "function" then return type(v) end',
    '  if v ~= v then return "nan" end',
    '  return type(v) .. ":" .. tostring(v)',
    'end',
    'local function run()',
    `  return ${expression}`,
    'end',
    'local ok, value = pcall(run)',
    'local shown = show(value):gsub("0x%x+", "address"):gsub("%-?nan", "nan")',
    'return tostring(ok) .. " " .. shown',
  ].join('\n')

const ITEM = fc.constantFrom(
  'a',
  'b',
  'c',
  '.',
  '%a',
  '%d',
  '%s',
  '%w',
  '%A',
  '[ab]',
  '[^a]',
  '[a-c]',
  '%.',
  '[%w_]',
  'x',
)
const SUFFIX = fc.constantFrom('', '', '', '*', '+', '-', '?')
const PIECE = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(ITEM, SUFFIX).map((parts) => parts.join('')) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('()', '%b()', '%f[%w]', '%1', '(', ')', '[', '%', '$', '^', '%b', '%f', '[]', ']'),
  },
)

/** A pattern of Lua, now and then malformed. */
export const luaPattern: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('', '', '^'),
    fc.array(fc.tuple(PIECE, fc.boolean()), { maxLength: 5 }),
    fc.constantFrom('', '', '$'),
  )
  .map(
    ([start, pieces, end]) =>
      start + pieces.map(([piece, captured]) => (captured ? `(${piece})` : piece)).join('') + end,
  )

export const luaSubject: fc.Arbitrary<string> = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', 'd', '1', '2', ' ', '(', ')', '.', '_', 'x', '-', '\n', '\xe9'),
  maxLength: 14,
})

export const luaReplacement: fc.Arbitrary<string> = fc
  .array(fc.constantFrom('x', '<', '%0', '%1', '%2', '%%', '%x', '-'), { maxLength: 4 })
  .map((parts) => parts.join(''))

/** A directive of `string.format` with an argument that usually fits. */
export const luaFormat: fc.Arbitrary<{ readonly format: string; readonly argument: string }> = fc
  .record({
    flags: fc.uniqueArray(fc.constantFrom('-', '+', ' ', '#', '0'), { maxLength: 3 }).map((flags) => flags.join('')),
    width: fc.constantFrom('', '', '1', '5', '12', '30'),
    precision: fc.constantFrom('', '', '.', '.0', '.1', '.3', '.10', '.17'),
    conversion: fc.constantFrom(...'cdiouxXeEfgGqs'),
    argument: fc.oneof(
      fc.integer({ min: -1000, max: 1000 }).map(String),
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e18, max: 1e18 }).map(String),
      fc.integer({ min: -4000, max: 4000 }).map((eighths) => String(eighths / 8)),
      fc.constantFrom('"12"', '"text"', '"a b"', '1e15', '2^53', '-1', '0', '255', '65'),
    ),
  })
  .map(({ flags, width, precision, conversion, argument }) => ({
    format: `[%${flags}${width}${precision}${conversion}]`,
    argument,
  }))

/** Text as a string of Lua. */
export const luaQuoted = (text: string): string =>
  `"${text.replace(/[^A-Za-z0-9 ]/g, (char) => `\\${String(char.charCodeAt(0)).padStart(3, '0')}`)}"`
