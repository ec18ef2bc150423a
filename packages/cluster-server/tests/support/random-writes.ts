import type { Redis } from 'ioredis'

/** Random writes of every type, in pipelines, without an answer that matters. */
export const writeRandomly = async (
  client: Redis,
  seed: number,
  rounds: number,
  between: (round: number) => unknown = () => {},
): Promise<void> => {
  let state = seed
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >>> 8) % below
  }
  for (let round = 0; round < rounds; round++) {
    const pipeline = client.pipeline()
    for (let index = 0; index < 20; index++) {
      const key = `k${random(60)}`
      const other = `k${random(60)}`
      const commands = [
        ['SET', key, `v${round}`],
        ['INCR', `n${random(5)}`],
        ['RPUSH', `l${random(8)}`, `e${round}`],
        ['LMOVE', `l${random(8)}`, `l${random(8)}`, 'LEFT', 'RIGHT'],
        ['SADD', `s${random(8)}`, String(random(200))],
        ['SPOP', `s${random(8)}`],
        ['SUNIONSTORE', `s${random(8)}`, `s${random(8)}`, `s${random(8)}`],
        ['ZADD', `z${random(8)}`, String(random(1000) / 7), `m${random(50)}`],
        ['HSET', `h${random(8)}`, `f${random(80)}`, `w${round}`],
        ['XADD', `x${random(4)}`, 'MAXLEN', '~', '1000', '*', 'f', `v${round}`, 'g', String(random(9))],
        ['XGROUP', 'CREATE', `x${random(4)}`, 'g', '0', 'MKSTREAM'],
        ['XREADGROUP', 'GROUP', 'g', `c${random(3)}`, 'COUNT', '2', 'STREAMS', `x${random(4)}`, '>'],
        ['RENAME', key, other],
        ['COPY', key, other, 'REPLACE'],
        ['DEL', key],
        ['SET', `t${random(30)}`, '1', 'PX', String(1 + random(40))],
        ['EXPIRE', key, '1000'],
        [
          'EVAL',
          "redis.call('INCR', KEYS[1]) return redis.call('SPOP', KEYS[2])",
          '2',
          `n${random(5)}`,
          `s${random(8)}`,
        ],
      ]
      const command = commands[random(commands.length)]!
      pipeline.call(command[0]!, ...command.slice(1))
    }
    await pipeline.exec()
    await between(round)
  }
}
