import { FailPointsRefusedError } from './errors.ts'

/**
 * Every moment between receiving a transfer and its settlement at which a process may die, in the order of a
 * transfer's life. test/sequencer/failPoints.test.ts kills a sequencer at each.
 */
export const failPoints = [
  // leading
  'lead.taken',
  'lead.prepared',
  // admission
  'admit.verified',
  'admit.signed',
  'admit.written',
  // sealing
  'seal.built',
  'seal.written',
  'seal.committed',
  'seal.merged',
  'state.flushing',
  'state.flushed',
  // proving
  'proof.claimed',
  'proof.made',
  'proof.delivered',
  'proof.verified',
  'proof.written',
  'proof.recorded',
  // settling
  'settle.opened',
  'settle.signed',
  'settle.stored',
  'settle.sent',
  'settle.mined',
  'settle.closed',
  // the base chain's word
  'observe.read',
  'observe.written',
  'observe.committed',
  'observe.dropped',
  'settle.refused',
  'void.written',
  'void.committed',
  'adopt.applied',
  'adopt.written',
  'adopt.committed',
] as const
export type FailPoint = (typeof failPoints)[number]

let armed: ((point: FailPoint) => void) | undefined

/** Marks a moment. Does nothing, unless a test has armed it. */
export function failPoint(point: FailPoint): void {
  armed?.(point)
}

/**
 * For tests, in a process of their own: called at each moment. No option or variable of the command line leads here.
 *
 * @throws {FailPointsRefusedError} in production.
 */
export function armFailPoints(onPoint: (point: FailPoint) => void): void {
  if (process.env['NODE_ENV'] === 'production') throw new FailPointsRefusedError()
  armed = onPoint
}
