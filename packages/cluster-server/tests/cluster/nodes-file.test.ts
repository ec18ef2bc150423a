import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { formatNodesFile, NodesFileError, parseNodesFile } from '../../src/cluster/nodes-file.js'
import { idOf } from './node-ids.js'
import { entryOf, nodesFile, sampleFile } from './nodes-files.js'

const SAMPLE = `${idOf(1)} 127.0.0.1:7001@17001,one.example.org myself,master - 0 1700000000001 1 connected 0-5460 16383 [77->-${idOf(2)}] [8000-<-${idOf(2)}]
${idOf(2)} ::1:7002@17002 master - 0 1700000000002 2 connected 5461-16382
${idOf(3)} 127.0.0.1:7003@17003 slave ${idOf(2)} 1700000000500 1700000000003 2 disconnected
${idOf(4)} :0@0 master,fail,noaddr - 0 1700000000004 4 disconnected
vars currentEpoch 12 lastVoteEpoch 11
`

const refusal = (text: string): string => {
  try {
    parseNodesFile(text)
  } catch (error) {
    if (error instanceof NodesFileError) return error.message
    throw error
  }
  return 'not refused'
}

test('a file has the form of nodes.conf', () => {
  expect(formatNodesFile(sampleFile)).toBe(SAMPLE)
  expect(parseNodesFile(SAMPLE)).toEqual(sampleFile)
})

test('any file is the same after it was written and read', () => {
  fc.assert(
    fc.property(nodesFile, (file) => {
      const text = formatNodesFile(file)
      expect(parseNodesFile(text)).toEqual(file)
      expect(formatNodesFile(parseNodesFile(text))).toBe(text)
    }),
  )
})

test('a file that was cut off is refused, wherever that was', () => {
  for (let length = 0; length < SAMPLE.length; length++) {
    expect([length, refusal(SAMPLE.slice(0, length))]).not.toContain('not refused')
  }
  expect(refusal(SAMPLE.slice(0, 100))).toBe('line 1: the file was cut off: this line does not end')
  expect(refusal(SAMPLE.slice(0, SAMPLE.indexOf('vars')))).toBe(
    'the file was cut off: the line of its variables is missing',
  )
})

test('what redis-server reads as well is read: padding, variables first, capitals, no bus port, unknown variables', () => {
  const warnings: string[] = []
  const file = parseNodesFile(
    `\nVARS CURRENTEPOCH 3 lastvoteepoch 2 shards 7\n${idOf(1)} 10.0.0.1:7001 MYSELF,Master - 0 0 3 connected  1\r\n\n\n\n`,
    (message) => warnings.push(message),
  )
  expect(file).toEqual({
    currentEpoch: 3,
    lastVoteEpoch: 2,
    nodes: [
      entryOf(1, { ip: '10.0.0.1', flags: 17, pongReceivedMs: 0, configEpoch: 3, slots: [{ start: 1, end: 1 }] }),
    ],
  })
  expect(warnings).toEqual(["Skipping unknown cluster config variable 'shards'"])
})

describe('a text that redis-server has not written is refused, with its line and the reason:', () => {
  const own = formatNodesFile({ ...sampleFile, nodes: [entryOf(1, { flags: 17 })] })
  const line = `${idOf(9)} 127.0.0.1:7009@17009 master - 0 0 9 connected`
  test.each<[string, string]>([
    ['# redis.conf\nport 7000\n', 'line 1: a node has at least 8 fields, here are 2'],
    [own + line.replace('master', 'boss'), 'line 3: "boss" are no flags of a node'],
    [own + line.replace(idOf(9), 'abc'), 'line 3: "abc" is no id of a node'],
    [own + line.replace(' - ', ' nobody '), 'line 3: "nobody" is no id of a node'],
    [own + line.replace(':7009@17009', ''), 'line 3: "127.0.0.1" is no address of a node'],
    [own + line.replace('@17009', '@17009@1'), 'line 3: "127.0.0.1:7009@17009@1" is no address of a node'],
    [own + line.replace('7009', '70090'), 'line 3: "70090" is not a port'],
    [own + line.replace('17009', 'bus'), 'line 3: "bus" is not a port'],
    [own + line.replace('@17009', '@17009,a_b'), 'line 3: "a_b" is no name of a host'],
    [own + line.replace(' 0 0 ', ' 0 soon '), 'line 3: "soon" is not a time'],
    [own + line.replace(' 9 conn', ' -9 conn'), 'line 3: "-9" is not an epoch'],
    [own + line.replace(' 9 conn', ' 18446744073709551615 conn'), 'line 3: "18446744073709551615" is not an epoch'],
    [own + line.replace('connected', 'online'), 'line 3: "online" is no state of a connection'],
    [`${own}${line} 16384`, 'line 3: "16384" are no slots'],
    [`${own}${line} 10-16384`, 'line 3: "10-16384" are no slots'],
    [`${own}${line} 10-9`, 'line 3: "10-9" are no slots'],
    [`${own}${line} 10-`, 'line 3: "10-" are no slots'],
    [`${own}${line} [16384->-${idOf(1)}]`, `line 3: "[16384->-${idOf(1)}]" are no slots`],
    [`${own}${line} [16->-abc]`, 'line 3: "abc" is no id of a node'],
    [`${own}${line} [16-=-${idOf(1)}]`, `line 3: "[16-=-${idOf(1)}]" are no slots`],
    [`${own}vars currentEpoch`, 'line 3: the variable "currentEpoch" has no value'],
    [`${own}vars lastVoteEpoch x`, 'line 3: "x" is not an epoch'],
    [own + line.replace(idOf(9), idOf(1)), `node ${idOf(1)} is there twice`],
    [`${own}${line} 1-5 4`, 'slot 4 belongs to two nodes'],
    [own + line.replace(' - ', ` ${idOf(8)} `), `node ${idOf(9)} names ${idOf(8)}, which is not there`],
    [`${own}${line} [5-<-${idOf(8)}]`, `node ${idOf(9)} names ${idOf(8)}, which is not there`],
    [own + line.replace('master', 'myself,master'), '2 of its nodes are flagged as myself, not one'],
    [own.replace('myself,', ''), '0 of its nodes are flagged as myself, not one'],
    ['\n\n', '0 of its nodes are flagged as myself, not one'],
    ['vars currentEpoch 1 lastVoteEpoch 0\n', '0 of its nodes are flagged as myself, not one'],
    [own.replace(' lastVoteEpoch 11', ''), 'the file was cut off: the line of its variables is missing'],
  ])('%j', (text, reason) => {
    expect(refusal(text.endsWith('\n') ? text : `${text}\n`)).toBe(reason)
  })
})
