import { describe, expect, test } from '@jest/globals'
import { encodeCommand } from '../../src/peers/effect-encoder.js'
import { PrimaryStream, type StreamPiece } from '../../src/peers/primary-stream.js'

const piecesOf = (stream: PrimaryStream): StreamPiece[] => {
  const pieces: StreamPiece[] = []
  for (let piece = stream.next(); piece !== undefined; piece = stream.next()) pieces.push(piece)
  return pieces
}

const push = (stream: PrimaryStream, ...commands: readonly string[]): StreamPiece[] => {
  stream.push(Buffer.from(commands.map((command) => encodeCommand(command.split(' '))).join(''), 'latin1'))
  return piecesOf(stream)
}

describe('the stream of a primary', () => {
  test('counts its bytes, and hands them on as they came', () => {
    const stream = new PrimaryStream({ offset: 100, databaseIndex: 0 })
    const text = encodeCommand(['SELECT', '3']) + encodeCommand(['SET', 'k', 'v'])
    let seen = ''
    for (const byte of text) {
      stream.push(Buffer.from(byte, 'latin1'))
      for (const { bytes } of piecesOf(stream)) seen += Buffer.concat([...bytes]).toString('latin1')
    }
    expect(seen).toBe(text)
    expect([stream.offset, stream.received, stream.databaseIndex]).toEqual([100 + text.length, 100 + text.length, 3])
  })

  test('hands a transaction over once it is complete, and is not behind its beginning before', () => {
    const stream = new PrimaryStream({ offset: 0, databaseIndex: 0 })
    expect(push(stream, 'MULTI', 'SELECT 5', 'SET a 1')).toEqual([])
    expect([stream.offset, stream.databaseIndex]).toEqual([0, 0])
    const [piece] = push(stream, 'SET b 2', 'EXEC')
    expect(piece?.effects.map(({ databaseIndex, argv }) => [databaseIndex, ...argv])).toEqual([
      [5, 'SET', 'a', '1'],
      [5, 'SET', 'b', '2'],
    ])
    expect([stream.offset, stream.databaseIndex]).toEqual([stream.received, 5])
  })

  test('stops where the primary asks how far this replica is', () => {
    const stream = new PrimaryStream({ offset: 0, databaseIndex: 0 })
    const pieces = push(stream, 'SET a 1', 'REPLCONF GETACK *', 'PING', 'SET b 2')
    expect(pieces.map(({ effects, asksForAcknowledgement }) => [effects.length, asksForAcknowledgement])).toEqual([
      [1, true],
      [1, false],
    ])
  })
})
