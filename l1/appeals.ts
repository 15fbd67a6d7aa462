import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import { ask } from './ask.ts'
import { abis, contractOf } from './bindings.ts'
import type { ContractCall } from './calls.ts'
import type { ChainClient } from './client.ts'
import type { ChainDeployment } from './deployment.ts'
import { getLogs } from './getLogs.ts'

type At = Pick<ChainDeployment, 'contracts'>

/** An appeal on record (docs/spec/identity-registry.md). */
export type AppealRecord = {
  readonly index: bigint
  readonly appealHash: Hex
  /** Who paid for the transaction; not necessarily the owner. */
  readonly sender: Hex
  readonly blockNumber: bigint
  /** Unix seconds. */
  readonly filedAt: bigint
  /** Absent while it is open. */
  readonly answerHash?: Hex
  readonly answeredAt?: bigint
}

export function fileAppealCall(
  { contracts }: At,
  { index, appealHash }: { index: bigint; appealHash: Hex },
): ContractCall {
  const data = encodeFunctionData({
    abi: abis.identityRegistry,
    functionName: 'appeal',
    args: [Number(index), appealHash],
  })
  return { to: contracts.identityRegistry, data, value: 0n }
}

/** Registrar of the index's range. */
export function answerAppealCall(
  { contracts }: At,
  { index, appealHash, answerHash }: { index: bigint; appealHash: Hex; answerHash: Hex },
): ContractCall {
  const data = encodeFunctionData({
    abi: abis.identityRegistry,
    functionName: 'answerAppeal',
    args: [Number(index), appealHash, answerHash],
  })
  return { to: contracts.identityRegistry, data, value: 0n }
}

/** All appeals, oldest first, with their answers. */
export async function readAppeals({
  client,
  deployment,
}: {
  client: ChainClient
  deployment: Pick<ChainDeployment, 'contracts' | 'startBlock'>
}): Promise<AppealRecord[]> {
  const { abi, address } = contractOf(deployment, 'identityRegistry')
  const logs = await getLogs(client, {
    address: [address],
    from: deployment.startBlock,
    to: await ask('newest block', () => client.getBlockNumber()),
  })
  const timeOf = async (blockNumber: bigint) =>
    (await ask('block', () => client.getBlock({ blockNumber }))).timestamp
  const appeals = new Map<string, AppealRecord>()
  const events = parseEventLogs({ abi, eventName: ['AppealFiled', 'AppealAnswered'], logs })
  for (const { eventName, args, blockNumber } of events) {
    const { index, appealHash } = args
    const key = `${String(index)} ${appealHash}`
    const at = await timeOf(blockNumber)
    if (eventName === 'AppealFiled') {
      const { sender } = args
      const record = { index: BigInt(index), appealHash, sender, blockNumber, filedAt: at }
      appeals.set(key, record)
    } else {
      const filed = appeals.get(key)
      // The contract answers none that was not filed.
      if (filed === undefined) continue
      appeals.set(key, { ...filed, answerHash: args.answerHash, answeredAt: at })
    }
  }
  return [...appeals.values()]
}

/** One appeal, as the chain has it now; undefined where it was never filed. */
export async function findAppeal(
  view: Parameters<typeof readAppeals>[0],
  { index, appealHash }: { index: bigint; appealHash: Hex },
): Promise<AppealRecord | undefined> {
  const appeals = await readAppeals(view)
  return appeals.find((appeal) => appeal.index === index && appeal.appealHash === appealHash)
}
