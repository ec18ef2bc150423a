import { describe, expect, test } from '@jest/globals'
import { ArrivingCopy, type CopyHeader, CopyHeaderReader } from '../../src/peers/arriving-copy.js'

const MARK = `${'m'.repeat(39)}!`

/** What a reader gets of a copy that arrives in pieces of `size` bytes, and what came behind it. */
const receive = (
  text: string,
  size: number,
): { readonly copy: string; readonly rest: string; readonly isComplete: boolean } => {
  const reader = new CopyHeaderReader()
  let copy: ArrivingCopy | null = null
  let read = ''
  let rest = ''
  const buffer = Buffer.alloc(7)
  for (let at = 0; at < text.length; at += size) {
    let chunk = Buffer.from(text.slice(at, at + size), 'latin1')
    if (copy === null) {
      const announced = reader.push(chunk)
      if (announced === undefined) continue
      copy = new ArrivingCopy(announced.header)
      chunk = Buffer.from(announced.rest)
    }
    rest += copy.push(chunk).toString('latin1')
    for (let count = copy.read(buffer, 0); count > 0; count = copy.read(buffer, 0))
      read += buffer.toString('latin1', 0, count)
  }
  return { copy: read, rest, isComplete: copy?.isComplete ?? false }
}

describe('a copy that arrives', () => {
  test.each([1, 3, 41, 1000])('ends where its length says, in pieces of %i bytes', (size) => {
    const received = receive(`\n\n$10\r\n0123456789*1\r\n$4\r\nping\r\n`, size)
    expect(received).toEqual({ copy: '0123456789', rest: '*1\r\n$4\r\nping\r\n', isComplete: true })
  })

  test.each([1, 3, 41, 1000])('ends with its mark, which nobody reads, in pieces of %i bytes', (size) => {
    const content = `some ${MARK.slice(0, 39)} data`
    expect(receive(`$EOF:${MARK}\r\n${content}${MARK}`, size)).toEqual({ copy: content, rest: '', isComplete: true })
  })

  test.each([1, 3, 41, 1000])('lies in its store, without its mark, in pieces of %i bytes', (size) => {
    let stored = ''
    let isClosed = false
    const store = {
      append: (bytes: Buffer) => {
        stored += bytes.toString('latin1')
      },
      read: (buffer: Uint8Array, at: number) => {
        const bytes = Buffer.from(stored.slice(0, buffer.length - at), 'latin1')
        stored = stored.slice(bytes.length)
        buffer.set(bytes, at)
        return bytes.length
      },
      place: () => {},
      close: () => {
        isClosed = true
      },
    }
    const copy = new ArrivingCopy({ type: 'mark', mark: Buffer.from(MARK) }, store)
    const content = `some ${MARK.slice(0, 39)} data`
    const text = content + MARK
    for (let at = 0; at < text.length; at += size) copy.push(Buffer.from(text.slice(at, at + size)))
    expect([stored, copy.isComplete, copy.waiting]).toEqual([content, true, content.length])
    const buffer = Buffer.alloc(content.length + 1)
    expect([copy.read(buffer, 0), copy.remaining]).toEqual([content.length, 0])
    copy.close()
    expect(isClosed).toBe(true)
  })

  test('is not complete before all of it is there', () => {
    expect(receive('$10\r\n012345678', 4).isComplete).toBe(false)
    expect(receive(`$EOF:${MARK}\r\ndata${MARK.slice(0, 39)}`, 4)).toMatchObject({ copy: 'dat', isComplete: false })
  })

  test('that was cut off says so to whoever waits for more', () => {
    const header: CopyHeader = { type: 'length', bytes: 10 }
    const copy = new ArrivingCopy(header)
    copy.push(Buffer.from('0123'))
    expect([copy.isOpen, copy.remaining]).toEqual([true, 10])
    copy.cut()
    expect([copy.isOpen, copy.isComplete, copy.remaining]).toEqual([false, false, 4])
  })

  test.each([
    ['-LOADING no', 'MASTER aborted replication with an error: LOADING no'],
    ['+OK', "the first byte is not '$' (we received '+OK')"],
  ])('is refused when it begins with %s', (line, complaint) => {
    expect(() => new CopyHeaderReader().push(Buffer.from(`${line}\r\n`))).toThrow(complaint)
  })
})
