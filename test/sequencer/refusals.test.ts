import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { abis } from '../../l1/bindings.ts'
import { refusalOf, refusals } from '../../sequencer/settlement/refusals.ts'

/** Contracts that `settle` runs through. Left out: who may call what else, and screening, which settle never asks. */
const contracts = [
  'rollup',
  'proposers',
  'clock',
  'forcedQueue',
  'vault',
  'identityRegistry',
  'policyRegistry',
  'supervisionRegistry',
  'verifierRegistry',
] as const

/** Errors of those contracts' other functions and constructors. A new error is here or in the table. */
const ofOtherCalls: ReadonlySet<string> = new Set(
  `
  AccessManagedInvalidAuthority AccessManagedRequiredDelay CallerNotRollup DeploymentInconsistent ParametersInvalid
  PaymentRefused ReentrancyGuardReentrantCall TimesInvalid
  CallerNotForcedQueue
  AlreadyOpen AlreadyWaiting BondTooLow BreachOngoing ClosingDue ClosingNotAnnounced ClosingTooSoon CoolingDown
  LeaseRunning NoBond NoBreach NobodyWaits NotOpen NotWaiting
  CallerNotVerifierRegistry NotStopped StopTooSoon
  AnchorNotSettled EntryFeeTooHigh EntryFeeTooLow ProofInvalid
  AddressScreened AmountNotWholeUnits AmountTooLarge AssetClosed AssetListedBefore CallerNotDepositor
  CiphertextLengthWrong DeadlineNotReached DepositStatusWrong DepositsEnded NothingToClaim OutflowLimitReached
  OutflowLimitTooLow RecipientInvalid RefundTooSoon SafeERC20FailedOperation ScreeningGasTooLow ScreeningSilent
  SupplyCapExceeded SupplyCapTooHigh TokenAmountWrong TokenNotContract UnitZero ValueWrong
  AppealKnown AppealNotOpen DestinationNotAnnounced DestinationTooSoon IdentityLimitInvalid IndexEmpty IndexOfAnother
  IndexOutOfRange IndexTaken LeafInvalid ModeUnknown OrderMismatch QuotaExhausted RangeInvalid RangeTaken
  RegistrationProofInvalid RegistrationUnexpected RegistryProofInvalid SuspensionDayWrong
  PoliciesTooMany RootNotCanonical
  EpochNotAfterLast EpochTooFar EpochTooSoon EpochsUnstarted KeyNotOnCurve KeyOfLowOrder KeysEqual PossessionNotProved
  BlobNotCreated CircuitUnknown KeyDeltaIsGamma KeyDeltaReused KeyInputCountWrong KeyNotActivatable KeyNotAnnounced
  KeyNotInUse KeyPointAtInfinity KeyPointInvalid KeyStoppedBefore KeySunsetPending PublicInputNotCanonical
  `
    .trim()
    .split(/\s+/),
)

const errorsOf = (name: (typeof contracts)[number]) =>
  abis[name].flatMap((entry) => (entry.type === 'error' ? [entry.name] : []))

describe('what a refused settle call means', () => {
  const known = new Set<string>(contracts.flatMap(errorsOf))

  for (const contract of contracts) {
    test(`default: every error of ${contract} is decided about, or never ends a settle call`, () => {
      for (const error of errorsOf(contract)) {
        assert.ok(
          Object.hasOwn(refusals, error) !== ofOtherCalls.has(error),
          `${error}: say in settlement/refusals.ts what it means, or here that settle cannot end in it`,
        )
      }
    })
  }

  test('behavior: the table names no error that no contract has', () => {
    for (const error of [...Object.keys(refusals), ...ofOtherCalls]) {
      assert.ok(known.has(error), error)
    }
  })

  test('behavior: what nobody knows is tried again, and voids nothing', () => {
    for (const name of [undefined, 'Panic', 'toString']) assert.equal(refusalOf(name), 'retry')
  })
})
