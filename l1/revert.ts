import { BaseError as ViemError, decodeErrorResult, type Hex, isHex, size } from 'viem'
import { errorsAbi } from './bindings.ts'
import type { DecodedRevert } from './errors.ts'

/** What to do about the refusals that an honest caller can meet. */
const remedies: Readonly<Record<string, string>> = {
  AccessManagedUnauthorized:
    'The account lacks the role: grant it in the AccessManager, or use the account that has it.',
  AddressScreened:
    'The address is on the screening list (cinnabar regulator screening show): a credit is held for it until that ends.',
  AmountNotWholeUnits: 'Deposit a whole number of the asset’s units.',
  AmountTooLarge: 'Deposit less at a time.',
  AnchorNotSettled:
    'The transfer was made against a batch that is not settled: wait for it, or make it anew with --force.',
  AssetClosed: 'The asset takes no deposits now; what is inside stays movable.',
  BatchOutOfOrder:
    'Another batch was settled before this one: read the chain and continue from it.',
  ClockStopped: 'A guardian has stopped settlement for a while: wait until the stop ends.',
  DayOutdated:
    'The batch waited longer than the settle window: it is void, seal its transfers anew.',
  DeadlineNotReached: 'Wait until the deposit’s deadline has passed.',
  DepositOverdue: 'Take the oldest due deposits into the batch.',
  DepositSkipped: 'Take deposits in the order of the queue.',
  DepositsEnded:
    'This deployment takes no more deposits; what is inside stays movable, and leaves.',
  ERC20InsufficientAllowance: 'Approve the vault for the amount first.',
  ERC20InsufficientBalance: 'The account holds too little of the token.',
  EntryFeeTooLow: 'The queue grew meanwhile: ask for the entry fee again, and pay it.',
  EpochTooFar: 'Schedule the epoch later: it starts within a month after its timelock.',
  EpochsUnstarted: 'Two epochs wait for their start: schedule the next one when one has begun.',
  ForcedOverdue: 'Take the oldest due entries of the forced queue into the batch.',
  IdentityVersionOutdated:
    'The batch waited longer than the settle window: it is void, seal its transfers anew.',
  LeaseNotHeld:
    'Settlement is open after a breach: only the holder of the lease may settle. See cinnabar takeover.',
  LeaseRunning: 'Wait until the lease ends.',
  NothingToClaim: 'Nothing is credited to this account in this asset, or it was claimed before.',
  OutflowLimitReached:
    'The day’s limit of payouts, or this account’s share of it, is used up: claim the rest tomorrow.',
  PolicyVersionOutdated:
    'The batch waited longer than the settle window: it is void, seal its transfers anew.',
  ProofsInvalid: 'Check each proof of the call: they are checked together.',
  RefundTooSoon: 'A batch sealed before may still take the deposit: wait until the time given.',
  ScreeningGasTooLow: 'Give the transaction more gas.',
  ScreeningSilent: 'The screening does not answer: deposit later. Claims go on.',
  SupplyCapExceeded: 'The vault holds as much of this asset as it may: deposit less, or later.',
  ValueWrong: 'Send exactly the amount and the entry fee.',
}

/** What to do about a decoded revert, where we know. */
export function remedyOf(revert: DecodedRevert | undefined): string | undefined {
  return revert === undefined ? undefined : remedies[revert.name]
}

/** The custom error (or require text) behind an error of viem's, or behind raw revert data. */
export function decodeRevert(error: unknown): DecodedRevert | undefined {
  const data = isHex(error) ? error : revertDataOf(error)
  if (data === undefined || size(data) < 4) return undefined
  try {
    const { errorName, args } = decodeErrorResult({ abi: errorsAbi, data })
    return { name: errorName, args: args ?? [] }
  } catch {
    return { name: `unknown error ${data.slice(0, 10)}`, args: [] }
  }
}

/** True when a node answered that the call reverts, as against not answering or refusing to look. */
export function isRevert(error: unknown): boolean {
  if (revertDataOf(error) !== undefined) return true
  return chainOf(error).some(
    ({ name, message, code }) =>
      code === EXECUTION_REVERTED ||
      name === 'ExecutionRevertedError' ||
      (name === 'CallExecutionError' && /revert/i.test(message)),
  )
}

/** JSON-RPC code of a revert (EIP-1474 leaves it to clients; all of them use geth's). */
const EXECUTION_REVERTED = 3

type Link = { name: string; message: string; code?: unknown; data?: unknown }

/** Error data stands at another depth with each client: Hardhat nests it once more than anvil. */
function revertDataOf(error: unknown): Hex | undefined {
  for (const { data } of chainOf(error)) {
    const nested = typeof data === 'object' && data !== null ? (data as Link).data : data
    if (isHex(nested) && size(nested) >= 4) return nested
  }
  return undefined
}

function chainOf(error: unknown): Link[] {
  const links: Link[] = []
  let current = error
  while (typeof current === 'object' && current !== null && links.length < 16) {
    links.push(current as Link)
    current = (current as { cause?: unknown }).cause
  }
  return links
}

/** The short text of any error, without request bodies, which can be long. */
export function shortReason(error: unknown): string {
  if (error instanceof ViemError) {
    const details = error.details
    return details === '' || details === undefined ? error.shortMessage : details
  }
  return error instanceof Error ? error.message : String(error)
}
