import { lua } from '../../lua.js'

/**
 * `takeQuestion` reads what is asked: number of orders, for each its kind (`c` creation, `s` number, `t` text, `k` id), its
 * attribute, `asc` or `desc`, `first` or `last` for rows without a value; the direction in which ties are ordered, by creation and id; `1` and the place after which
 * to begin, or `0`; resume; the condition.
 *
 * A place is, for each order, `v` and the rank or `n` and nothing, and then stamp and id.
 */
export const question = lua`
local orders, tieReverse, order, reverse, after, resume, conjuncts

local function takeQuestion()
  orders = {}
  for i = 1, takeNumber() do
    local kind, field = take(), take()
    local key = field ~= '' and INDEX .. ':' .. segment(field)
    orders[i] = { kind = kind, field = field, key = key, reverse = take() == 'desc', nullsFirst = take() == 'first' }
  end
  tieReverse = take() == 'desc'
  order = orders[1] or { kind = 'c', field = '', key = false, reverse = tieReverse }
  reverse = order.reverse

  after = false
  if take() == '1' then
    after = { ranks = {} }
    for i = 1, #orders do
      local isValue, rank = take() == 'v', take()
      after.ranks[i] = isValue and rank
    end
    after.stamp, after.id = take(), take()
  end
  resume = takeResume()
  conjuncts = takeConjuncts()
end
`
