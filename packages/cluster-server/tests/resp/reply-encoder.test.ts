import { describe, expect, test } from '@jest/globals'
import {
  BooleanReply,
  DoubleReply,
  MapReply,
  NO_REPLY,
  NULL_ARRAY,
  OK,
  PushReply,
  type Reply,
  SetReply,
  VerbatimReply,
} from '../../src/resp/reply.js'
import { encodeReply } from '../../src/resp/reply-encoder.js'
import { wireError } from '../../src/wire-errors.js'

const CASES: readonly (readonly [string, Reply, string, string])[] = [
  ['a string', 'a\xffb', '$3\r\na\xffb\r\n', '$3\r\na\xffb\r\n'],
  ['the empty string', '', '$0\r\n\r\n', '$0\r\n\r\n'],
  [
    'a string beyond the cached headers',
    'x'.repeat(5000),
    `$5000\r\n${'x'.repeat(5000)}\r\n`,
    `$5000\r\n${'x'.repeat(5000)}\r\n`,
  ],
  ['an integer', 5, ':5\r\n', ':5\r\n'],
  ['a negative integer', -3, ':-3\r\n', ':-3\r\n'],
  ['minus zero', -0, ':0\r\n', ':0\r\n'],
  ['an integer beyond the cache', 1e15, ':1000000000000000\r\n', ':1000000000000000\r\n'],
  ['a bigint', 9223372036854775807n, ':9223372036854775807\r\n', ':9223372036854775807\r\n'],
  ['null', null, '$-1\r\n', '_\r\n'],
  ['the null array', NULL_ARRAY, '*-1\r\n', '_\r\n'],
  ['nothing', NO_REPLY, '', ''],
  ['a status', OK, '+OK\r\n', '+OK\r\n'],
  ['an error', wireError('ERR a\r\nb'), '-ERR a  b\r\n', '-ERR a  b\r\n'],
  ['an array', ['a', [1, null]], '*2\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n', '*2\r\n$1\r\na\r\n*2\r\n:1\r\n_\r\n'],
  ['a map', new MapReply(['a', 1]), '*2\r\n$1\r\na\r\n:1\r\n', '%1\r\n$1\r\na\r\n:1\r\n'],
  ['a set', new SetReply(['a']), '*1\r\n$1\r\na\r\n', '~1\r\n$1\r\na\r\n'],
  ['a double', new DoubleReply(0.1), '$19\r\n0.10000000000000001\r\n', ',0.10000000000000001\r\n'],
  ['infinity', new DoubleReply(-Infinity), '$4\r\n-inf\r\n', ',-inf\r\n'],
  ['a boolean', new BooleanReply(false), ':0\r\n', '#f\r\n'],
  ['verbatim text', new VerbatimReply('txt', 'hi'), '$2\r\nhi\r\n', '=6\r\ntxt:hi\r\n'],
  ['a push', new PushReply(['message']), '*1\r\n$7\r\nmessage\r\n', '>1\r\n$7\r\nmessage\r\n'],
]

describe('encodeReply', () => {
  test.each(CASES)('writes %s in both protocol versions', (_title, reply, resp2, resp3) => {
    expect(encodeReply(reply, 2)).toBe(resp2)
    expect(encodeReply(reply, 3)).toBe(resp3)
  })
})
