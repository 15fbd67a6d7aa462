import assert from 'node:assert/strict'
import {
  type Contract,
  Interface,
  type InterfaceAbi,
  type Result,
  type TransactionReceipt,
} from 'ethers'
import { type ContractName, contractNames } from '../../l1/deployment.ts'
import { loadArtifact } from '../../deploy/contracts/artifacts.ts'

/** Every custom error of ours and of OpenZeppelin's that a call can end with. */
const errors = (() => {
  const artifacts = contractNames.map((name: ContractName) =>
    name === 'accessManager' ? 'Authority' : upperFirst(name),
  )
  const abis = artifacts.flatMap((name) => loadArtifact(name).abi as { type: string }[])
  const fragments = abis.filter(({ type }) => type === 'error')
  const safeErc20 = ['error SafeERC20FailedOperation(address token)']
  return new Interface([...fragments, ...safeErc20] as InterfaceAbi)
})()

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The name and facts of the custom error that a rejected call carries. */
export function revertOf(error: unknown): { name: string; facts: unknown[] } | undefined {
  const data = findData(error)
  if (data === undefined) return undefined
  const parsed = errors.parseError(data)
  return parsed === null ? undefined : { name: parsed.name, facts: [...parsed.args] }
}

function findData(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { data } = error as { data?: unknown }
  if (typeof data === 'string' && data.startsWith('0x')) return data
  for (const value of Object.values(error)) {
    const found = findData(value)
    if (found !== undefined) return found
  }
  return undefined
}

/** The call must revert with this custom error and, where given, these facts. */
export async function expectRevert(
  call: Promise<unknown> | undefined,
  name: string,
  facts?: readonly unknown[],
): Promise<void> {
  const outcome = await Promise.resolve(call).then(
    () => 'success' as const,
    (error: unknown) => ({ error }),
  )
  assert.notEqual(outcome, 'success', `expected ${name}, and the call succeeded`)
  const { error } = outcome as { error: unknown }
  const revert = revertOf(error)
  assert.equal(revert?.name, name, `expected ${name}: ${String(error).slice(0, 300)}`)
  if (facts !== undefined) assert.deepEqual(revert?.facts, facts)
}

/** Sends and waits. */
export async function send(
  contract: Contract,
  method: string,
  ...args: readonly unknown[]
): Promise<TransactionReceipt> {
  const sent = await contract.getFunction(method)(...args)
  return sent.wait()
}

/** The events of a receipt that a contract emitted, by name. */
export function eventsOf(
  receipt: TransactionReceipt,
  contract: Contract,
  name: string,
): readonly Result[] {
  return receipt.logs.flatMap((log) => {
    const parsed = contract.interface.parseLog(log)
    return parsed?.name === name ? [parsed.args] : []
  })
}
