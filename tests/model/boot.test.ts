// biome-ignore-all lint/complexity/noThisInStatic: that is what is tested

import { beforeEach, describe, expect, test } from '@jest/globals'
import { ArrayRepository, Attribute, Entity, Model, Searchable } from '../../src/index.js'

let seen: string[] = []

beforeEach(() => {
  Model.setRepository(new ArrayRepository())
  seen = []
})

// biome-ignore lint/suspicious/noExplicitAny: TypeScript demands it of mixins
type Constructor = abstract new (...given: any[]) => Model

/** A mixin. */
function Slugged<Base extends Constructor>(base: Base) {
  abstract class SluggedModel extends base {
    static bootSlugged(): void {
      seen.push(`bootSlugged of ${this.name}`)
    }
    initializeSlugged(): void {
      seen.push('initializeSlugged')
    }
    /** Not of a mixin: it has no boot of its own. */
    initializePayment(): void {
      seen.push('initializePayment')
    }
  }
  return SluggedModel
}

describe('a class boots', () => {
  test('once, when it is first used, after its base classes, each with its own hooks', async () => {
    class Base extends Model {
      protected static override booting(): void {
        seen.push(`booting ${this.name}`)
      }
      protected static override boot(): void {
        seen.push(`boot ${this.name}`)
      }
      protected static override booted(): void {
        seen.push(`booted ${this.name}`)
        this.creating(() => void seen.push('creating'))
      }
    }
    @Entity()
    class Sub extends Base {
      @Attribute() declare name: string
      protected static override booted(): void {
        seen.push(`booted ${this.name}`)
      }
    }
    expect(seen).toEqual([])
    Sub.query()
    await Sub.create()
    new Base()
    expect(seen).toEqual(['booting Base', 'boot Base', 'booted Base', 'booted Sub', 'creating'])
  })

  test('with its mixins, whose initialisers run on every object', async () => {
    class Post extends Slugged(Model) {
      declare id: string
      @Attribute() @Searchable() declare slug: string
    }
    await Post.create({ id: 'a' })
    expect(seen).toEqual(['bootSlugged of SluggedModel', 'initializeSlugged'])
    await Post.all()
    new Post()
    expect(seen.slice(2)).toEqual(['initializeSlugged', 'initializeSlugged'])
  })

  test('again when a hook failed, and when that is asked for', () => {
    let fails = true
    class Post extends Model {
      protected static override booted(): void {
        seen.push('booted')
        if (fails) throw new Error('not now')
      }
    }
    expect(() => new Post()).toThrow('not now')
    fails = false
    new Post()
    new Post()
    expect(seen).toEqual(['booted', 'booted'])
    Model.clearBootedModels()
    new Post()
    expect(seen).toHaveLength(3)
  })

  test('before its scopes and handlers are needed', async () => {
    class Post extends Model {
      declare id: string
      @Searchable() declare isPublished: boolean
      protected static override booted(): void {
        Post.addGlobalScope('published', (query) => query.where('isPublished', '=', true))
      }
    }
    await Post.createMany([{ isPublished: true }, { isPublished: false }])
    expect(await Post.count()).toBe(1)
  })
})
