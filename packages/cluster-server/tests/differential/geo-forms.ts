import { form } from './random-command.js'
import type { Words } from './words.js'

/** Keys of geo indexes, now and then one of another type; `geo3` also takes what searches store. */
const index = (w: Words): string => (w.random.chance(0.04) ? w.key('s') : `geo${w.random.below(4)}`)

const member = (w: Words): string => `m${w.random.below(w.random.chance(0.7) ? 20 : 300)}`

/** Places around a few centres, so that searches find some of them; and the edges of the map. */
const place = (w: Words): string[] => {
  const { random } = w
  const spread = random.pick([0.01, 1, 15])
  if (random.chance(0.6)) {
    const [longitude, latitude] = random.pick([
      [13.36, 38.11],
      [-179.9, 66.5],
      [100, -80.2],
      [0, 0],
    ] as const)
    return [longitude + (random.next() - 0.5) * spread, latitude + (random.next() - 0.5) * spread].map((degrees) =>
      String(Math.max(-180, Math.min(180, degrees))),
    )
  }
  if (random.chance(0.7)) return [String(random.next() * 360 - 180), String(random.next() * 170 - 85)]
  const longitudes = ['180', '-180', '0', '-0', '181', 'nan', 'inf', '1e21', 'x', '11.25']
  return [random.pick(longitudes), random.pick(['85.05112878', '-85.05112878', '0', '85.06', 'x', '-45', '1e300'])]
}

const unit = (w: Words): string => (w.random.chance(0.03) ? 'x' : w.random.pick(['m', 'km', 'ft', 'mi', 'KM', 'Mi']))

const size = (w: Words): string =>
  w.random.chance(0.06)
    ? w.random.pick(['0', '-1', 'x', 'inf', '1e300', 'nan', '20037726.37'])
    : String(w.random.next() * w.random.pick([1, 100, 1000, 1e4, 1e5, 1e6, 3e7]))

const from = (w: Words): string[] => (w.random.chance(0.5) ? ['FROMMEMBER', member(w)] : ['FROMLONLAT', ...place(w)])

const by = (w: Words): string[] =>
  w.random.chance(0.5) ? ['byradius', size(w), unit(w)] : ['BYBOX', size(w), size(w), unit(w)]

const count = (w: Words): string[] => [
  'COUNT',
  w.random.chance(0.95) ? String(1 + w.random.below(12)) : w.random.pick(['0', '-1', 'x', '9223372036854775807']),
  ...w.options(['ANY']),
]

const order = (w: Words): string[] => [w.random.pick(['ASC', 'DESC'])]

const facts = (w: Words): string[] => w.options(['WITHDIST'], ['WITHCOORD'], ['WITHHASH'], order(w), count(w))

const places = (w: Words, most: number): string[] => w.random.several(1, most, () => [...place(w), member(w)]).flat()

/** The commands of places. */
export const geoForms = [
  form('GEOADD', (w) => [index(w), ...w.options(['NX'], ['CH']), ...places(w, 3)]),
  form('GEOADD', (w) => [index(w), ...w.options(['XX']), ...places(w, 3)]),
  form('GEOADD', (w) => [index(w), ...places(w, 60)]),
  form('GEOPOS', (w) => [index(w), ...w.random.several(0, 3, () => member(w))]),
  form('GEOHASH', (w) => [index(w), ...w.random.several(0, 3, () => member(w))]),
  form('GEODIST', (w) => [index(w), member(w), member(w), ...w.options([unit(w)])]),
  form('GEORADIUS', (w) => [index(w), ...place(w), size(w), unit(w), ...facts(w)]),
  form('GEORADIUS_RO', (w) => [index(w), ...place(w), size(w), unit(w), ...facts(w)]),
  form('GEORADIUSBYMEMBER', (w) => [index(w), member(w), size(w), unit(w), ...facts(w)]),
  form('GEORADIUSBYMEMBER_RO', (w) => [index(w), member(w), size(w), unit(w), ...facts(w)]),
  form('GEOSEARCH', (w) => [index(w), ...from(w), ...by(w), ...facts(w)]),
  form('GEOSEARCH', (w) => [index(w), ...facts(w), ...by(w), ...from(w)]),
  form('GEOSEARCHSTORE', (w) => ['geo3', index(w), ...from(w), ...by(w), ...w.options(order(w), count(w))]),
  // Stored distances have all their digits, the last of which depends on the C library.
  form('GEOSEARCHSTORE', (w) => ['stored', index(w), ...from(w), ...by(w), ...count(w), 'STOREDIST'], 'exact', {
    diverges: true,
    damageable: false,
  }),
  form('GEORADIUS', (w) => [index(w), ...place(w), size(w), unit(w), ...w.options(count(w)), 'STORE', 'geo3']),
  form('GEORADIUSBYMEMBER', (w) => [index(w), member(w), size(w), unit(w), 'STORE', 'geo3', ...w.options(order(w))]),
  form('ZADD', (w) => [
    index(w),
    String(Math.floor(w.random.next() * 2 ** w.random.pick([20, 52, 54, 64]))),
    member(w),
  ]),
  form('ZADD', (w) => [index(w), w.random.pick(['inf', '-inf', '-1', '11535.75', '1e30']), member(w)]),
  form('ZREM', (w) => [index(w), member(w)]),
  form('DEL', (w) => [index(w)]),
]
