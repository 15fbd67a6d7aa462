/**
 * What a refused settle call means for its batch:
 *
 *   retry      nothing is known against the batch, or a fault of ours that no other batch would mend: tried again each
 *              round, and the loop shows as failing until an operator knows why (cinnabar sequencer void)
 *   wait       what it names is not on the base chain, as after a reorg: as retry, and void where it stays away (0116)
 *   expired    its window is over (S2): void with all after it, transfers rejected
 *   void       the base chain's queues or leases are others than it was sealed on, for good: void with all after it,
 *              transfers sealed again where they still can (0125)
 *   keys       the contract's keys may be others than were read: they are read again. Then as retry
 *   overtaken  somebody else's batch was settled: the observer takes it in
 *   not ours   settlement is somebody else's now
 */
export type Refusal = 'retry' | 'wait' | 'expired' | 'void' | 'keys' | 'overtaken' | 'not ours'

/**
 * Every error of the contracts that `settle` can end in. A test compares it with their ABIs, so that a new one is
 * decided about before it can hold up settlement for ever.
 */
export const refusals = {
  // Proposers
  LeaseNotHeld: 'not ours',
  AccessManagedUnauthorized: 'not ours',
  // Clock
  ClockStopped: 'retry',
  // The call
  BatchOutOfOrder: 'overtaken',
  CallerNotPlainAccount: 'retry',
  DataVersionUnknown: 'retry',
  DataLengthWrong: 'retry',
  DataEmpty: 'retry',
  BatchCircuitUnknown: 'retry',
  BatchTooLarge: 'retry',
  SlotKindUnknown: 'retry',
  SlotVoidRefused: 'retry',
  ContextUnknown: 'retry',
  TreesFull: 'retry',
  // Under a lease of ours, a sign of life that was sealed before it.
  BatchEmpty: 'void',
  // S1
  AnchorUnknown: 'retry',
  // S2
  IdentityVersionOutdated: 'expired',
  PolicyVersionOutdated: 'expired',
  DayOutdated: 'expired',
  // The base chain's clock is behind ours: it comes.
  DayInFuture: 'retry',
  VersionUnknown: 'wait',
  EpochUnknown: 'wait',
  // S3
  WordNotCanonical: 'retry',
  NullifierZero: 'retry',
  AmountZero: 'retry',
  FeeTooHigh: 'retry',
  FeesTooHigh: 'retry',
  AssetUnknown: 'wait',
  RollupBalanceExceeded: 'retry',
  // S4: deposits. One that fell due after the batch was sealed is not in it and must be.
  DepositOverdue: 'void',
  DepositSkipped: 'void',
  DepositOutOfOrder: 'void',
  DepositNotTakeable: 'wait',
  // S4, S5: the forced queue
  ForcedOverdue: 'void',
  ForcedSkipped: 'void',
  ForcedOutOfOrder: 'wait',
  ForcedWordsWrong: 'void',
  ForcedKindWrong: 'void',
  // Proofs
  KeyNotUsable: 'keys',
  ProofsInvalid: 'keys',
} as const satisfies Readonly<Record<string, Refusal>>

/** @param name of the contract's error; what nobody knows is tried again. */
export function refusalOf(name: string | undefined): Refusal {
  return name !== undefined && Object.hasOwn(refusals, name)
    ? refusals[name as keyof typeof refusals]
    : 'retry'
}
