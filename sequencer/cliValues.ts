import { InvalidArgumentError } from 'commander'

// What is typed on the command line, for all commands of this folder.

/** `500ms`, `10s`, `2m`; milliseconds. */
export function parseTime(text: string): number {
  const match = /^(\d+)(ms|s|m)$/.exec(text)
  const [, amount, unit] = match ?? []
  if (amount === undefined) throw new InvalidArgumentError('Write e.g. 500ms, 10s or 2m.')
  return Number(amount) * (unit === 'ms' ? 1 : unit === 's' ? 1_000 : 60_000)
}

/** `1.5`, of wei. */
export function formatEther(wei: bigint): string {
  const text = String(wei).padStart(19, '0')
  const fraction = text.slice(-18).replace(/0+$/, '')
  return `${text.slice(0, -18)}${fraction === '' ? '' : `.${fraction}`}`
}

export function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Write a whole number.')
  return Number(text)
}

export function parsePositive(text: string): number {
  const value = parseCount(text)
  if (value === 0) throw new InvalidArgumentError('Write a whole number of 1 or more.')
  return value
}

export function parseAddress(text: string): `0x${string}` {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) {
    throw new InvalidArgumentError('Write 0x and 40 hex digits.')
  }
  return text.toLowerCase() as `0x${string}`
}
