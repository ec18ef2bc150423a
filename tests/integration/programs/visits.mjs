// Stores, asks and deletes on the server named by the first argument, prints what it found, and ends by itself.
import { Attribute, connections, Entity, Model, Searchable } from 'activeredis'
import { run } from './visits-of.cjs'

await run({ Attribute, connections, Entity, Model, Searchable }, process.argv[2])
