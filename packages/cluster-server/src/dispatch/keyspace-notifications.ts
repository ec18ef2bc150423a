import type { PubSub } from '../pubsub/pubsub.js'

const GROUPS: readonly (readonly [string, readonly string[]])[] = [
  ['g', ['del', 'rename_from', 'rename_to', 'move_from', 'move_to', 'copy_to', 'restore', 'expire', 'persist']],
  ['$', ['set', 'setrange', 'incrby', 'incrbyfloat', 'append', 'setbit', 'pfadd']],
  ['l', ['lpush', 'rpush', 'lpop', 'rpop', 'linsert', 'lset', 'lrem', 'ltrim', 'sortstore']],
  ['s', ['sadd', 'srem', 'spop', 'sinterstore', 'sunionstore', 'sdiffstore']],
  ['h', ['hset', 'hincrby', 'hincrbyfloat', 'hdel']],
  ['z', ['zadd', 'zincr', 'zrem', 'zremrangebyscore', 'zremrangebyrank', 'zremrangebylex', 'zpopmin', 'zpopmax']],
  ['z', ['zdiffstore', 'zinterstore', 'zunionstore', 'zrangestore', 'geosearchstore', 'georadiusstore']],
  ['t', ['xadd', 'xdel', 'xtrim', 'xsetid', 'xgroup-create', 'xgroup-createconsumer', 'xgroup-delconsumer']],
  ['t', ['xgroup-destroy', 'xgroup-setid']],
  ['x', ['expired']],
  ['e', ['evicted']],
  ['m', ['keymiss']],
  ['n', ['new']],
]
const CLASS_OF = new Map(GROUPS.flatMap(([letter, events]) => events.map((event) => [event, letter] as const)))
/** What `A` stands for. */
const ALL = 'g$lshzxetd'

/** Publishes changes of keys as `notify-keyspace-events` asks for: by key (`K`), by event (`E`), or both. */
export class KeyspaceNotifications {
  readonly #pubsub: PubSub
  #classes = ''
  #byKey = false
  #byEvent = false
  isActive = false

  constructor(pubsub: PubSub) {
    this.#pubsub = pubsub
  }

  /** Takes over the text of the setting. */
  configure(text: string): void {
    this.#classes = text.replace('A', ALL)
    this.#byKey = text.includes('K')
    this.#byEvent = text.includes('E')
    this.isActive = this.#byKey || this.#byEvent
  }

  publish(databaseIndex: number, key: string, event: string): void {
    const letter = CLASS_OF.get(event)
    if (letter === undefined || !this.#classes.includes(letter)) return
    if (this.#byKey) this.#pubsub.publish(`__keyspace@${databaseIndex}__:${key}`, event)
    if (this.#byEvent) this.#pubsub.publish(`__keyevent@${databaseIndex}__:${event}`, key)
  }
}
