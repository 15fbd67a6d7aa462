import { checkDeployment, type ChainClient } from '../../l1/client.ts'
import type { ChainDeployment } from '../../l1/deployment.ts'
import { getOperatorBond } from '../../l1/operatorBond.ts'
import { getOrder } from '../../l1/orders.ts'
import { getBaseFee, getEtherBalance, getHeadTime, mayCall } from '../../l1/reads.ts'
import { readRemovalsFile, whyNotOrdered } from '../server/removals.ts'
import { whyNoBond } from '../settlement/bondWatcher.ts'
import type { Findings } from './findings.ts'

type Hex = `0x${string}`

/** A block's time is its proposer's clock, which others accept some seconds ahead. */
const MAX_AHEAD_SECONDS = 30
const MAX_BLOCK_AGE_SECONDS = 300
/** Gas of the largest settle call, with room for a raised fee. */
const CALL_GAS = 15_000_000n
const SLOW_MS = 2_000
const LEAST_DAYS = 7

/** Node, chain, contracts and clock. @returns whether the chain is the right one. */
export async function checkNode(
  findings: Findings,
  { client, deployment, now }: { client: ChainClient; deployment: ChainDeployment; now: Date },
): Promise<boolean> {
  const startedAt = performance.now()
  const isRight = await findings.attempt('base chain', async () => {
    await checkDeployment(client, deployment)
    const ms = Math.round(performance.now() - startedAt)
    const what = `Chain ${String(deployment.chainId)} with the contracts; answers in ${String(ms)} ms.`
    if (ms < SLOW_MS) findings.ok('base chain', what)
    else
      findings.warn('base chain', what, 'Use a nearer node: every round of the loops waits for it.')
    return true
  })
  if (isRight !== true) return false
  await findings.attempt('clock', async () => {
    const age = Math.round(now.getTime() / 1_000 - Number(await getHeadTime(client)))
    if (age < -MAX_AHEAD_SECONDS) {
      findings.warn(
        'clock',
        `The newest block is ${String(-age)} s ahead of this machine’s clock.`,
        'Set the clock by NTP. On a development chain whose time was moved, nothing has to be done.',
      )
    } else if (age > MAX_BLOCK_AGE_SECONDS) {
      findings.warn(
        'clock',
        `The newest block is ${String(age)} s old.`,
        'The node lags, the chain stands still, or this machine’s clock is ahead: compare both with another source.',
      )
    } else findings.ok('clock', `The newest block is ${String(age)} s old.`)
  })
  return true
}

/** Role and balance of the account that settles. */
export async function checkAccount(
  findings: Findings,
  {
    client,
    deployment,
    account,
    weiPerDay,
  }: {
    client: ChainClient
    deployment: ChainDeployment
    account: Hex
    /** Undefined where nothing was settled yet, or nobody knows. */
    weiPerDay: number | undefined
  },
): Promise<void> {
  await findings.attempt('role', async () => {
    if (await mayCall({ client, deployment }, { account, contract: 'rollup', name: 'settle' })) {
      findings.ok('role', `${account} may settle.`)
    } else {
      findings.fail(
        'role',
        `${account} may not settle.`,
        'Have the administrator of the AccessManager grant it the role SEQUENCER (1), or use the key that has it.',
      )
    }
  })
  await findings.attempt('balance', async () => {
    const balance = await getEtherBalance({ client }, account)
    const needed = CALL_GAS * ((await getBaseFee(client)) ?? 0n)
    const shown = `${account} has ${formatEther(balance)} ether`
    const days =
      weiPerDay === undefined || weiPerDay === 0 ? undefined : Number(balance) / weiPerDay
    const remedy = `Send ether to ${account}.`
    if (balance === 0n || balance < needed) {
      findings.fail('balance', `${shown}, less than a large settle call costs now.`, remedy)
    } else if (days !== undefined && days < LEAST_DAYS) {
      findings.warn('balance', `${shown}, ${days.toFixed(1)} days at the present expense.`, remedy)
    } else {
      const lasting = days === undefined ? '' : `, ${days.toFixed(0)} days at the present expense`
      findings.ok('balance', `${shown}${lasting}.`)
    }
  })
}

/** Whether receipts promise a time: without a bond that answers for it they do not. */
export async function checkBond(
  findings: Findings,
  {
    client,
    deployment,
    receiptSigner,
  }: { client: ChainClient; deployment: ChainDeployment; receiptSigner: Hex },
): Promise<void> {
  await findings.attempt('bond', async () => {
    const bond = await getOperatorBond({ client, deployment }, receiptSigner)
    const shown = `The bond for ${receiptSigner} is ${formatEther(bond.amount)} ether`
    const noPromise = 'receipts promise no time.'
    const reason = whyNoBond(bond)
    if (reason === 'bond-missing') {
      findings.warn(
        'bond',
        `There is no bond for ${receiptSigner}: ${noPromise}`,
        'To promise one: cinnabar sequencer bond post --help',
      )
    } else if (reason === 'bond-leaving') {
      findings.warn(
        'bond',
        `${shown} and its withdrawal is announced: ${noPromise}`,
        'To keep it standing: cinnabar sequencer bond stay',
      )
    } else if (reason === 'bond-too-low') {
      findings.warn(
        'bond',
        `${shown}, less than the ${formatEther(bond.minBond)} it needs: ${noPromise}`,
        'Add to it: cinnabar sequencer bond post',
      )
    } else {
      const seconds = String(bond.promiseTime)
      findings.ok('bond', `${shown}; receipts promise settlement within ${seconds} s.`)
    }
  })
}

/** Whether an order of the base chain backs every removed memo, as it stands now. */
export async function checkRemovals(
  findings: Findings,
  { client, deployment, path }: { client: ChainClient; deployment: ChainDeployment; path: string },
): Promise<void> {
  await findings.attempt('removals', async () => {
    const removals = await readRemovalsFile(path)
    let isWhole = true
    for (const removal of removals) {
      const order = await getOrder({ client, deployment }, BigInt(removal.order))
      const reason = whyNotOrdered(removal, order)
      if (reason === undefined) continue
      isWhole = false
      findings.fail(
        'removals',
        `Order ${removal.order} removes memos, and ${reason}: a start refuses it.`,
        'Take the entry out of the list, or have the order approved first.',
      )
    }
    if (isWhole) {
      findings.ok(
        'removals',
        `${String(removals.length)} orders remove memos, as the base chain has them.`,
      )
    }
  })
}

function formatEther(wei: bigint): string {
  return (Number(wei) / 1e18).toPrecision(6)
}
