import { SECONDS_PER_DAY } from './constants.ts'
import { checkBits } from './field.ts'

/** Unix day (UTC) of a time in seconds. */
export function dayOf(unixSeconds: number | bigint): bigint {
  return BigInt(unixSeconds) / BigInt(SECONDS_PER_DAY)
}

/** Unix seconds as an ISO time. */
export function formatTime(seconds: bigint): string {
  return new Date(Number(seconds) * 1_000).toISOString()
}

/** The same to the minute, for people: `2026-11-30 07:45`, UTC. */
export function formatMinute(seconds: bigint): string {
  return formatTime(seconds).slice(0, 16).replace('T', ' ')
}

/** An ISO day (`2026-11-30`) as a Unix day; undefined for what is none. */
export function parseIsoDay(text: string): bigint | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const time = Date.parse(`${text}T00:00:00Z`)
  // 30 February is parsed as 2 March.
  const isDay = time >= 0 && new Date(time).toISOString().startsWith(text)
  return isDay ? dayOf(time / 1_000) : undefined
}

/**
 * Months since January 1970 (UTC) of a Unix day of 16 bits. Gregorian, with 2100 no leap year.
 * Twin: circuits/src/month-of-day.circom, which proves the same with March-based years.
 */
export function monthOf(day: bigint): bigint {
  checkBits(day, 16, 'day')
  const date = new Date(Number(day) * SECONDS_PER_DAY * 1000)
  return BigInt((date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth())
}
