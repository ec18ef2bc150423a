const MEMORY_UNITS: Readonly<Record<string, bigint>> = {
  '': 1n,
  b: 1n,
  k: 1000n,
  kb: 1024n,
  m: 1000n ** 2n,
  mb: 1024n ** 2n,
  g: 1000n ** 3n,
  gb: 1024n ** 3n,
}

/** Bytes of `1gb`, `100mb`, `512`; undefined for anything else. */
export const parseMemory = (text: string): bigint | undefined => {
  const match = /^(\d+)([a-z]*)$/i.exec(text)
  const unit = MEMORY_UNITS[match?.[2]?.toLowerCase() ?? '-']
  return match?.[1] === undefined || unit === undefined ? undefined : BigInt(match[1]) * unit
}
