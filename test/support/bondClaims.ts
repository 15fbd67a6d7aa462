import { type TransactionReceipt, Wallet } from 'ethers'
import { computeStatementId } from '../../api/index.ts'
import { encodeForcedEntry, type ForcedEntry } from '../../l1/forcedEntry.ts'
import { type BondClaim, claimWords } from '../../l1/operatorBond.ts'
import { mulBase8 } from '../../protocol/babyjubjub.ts'
import { proveBondClaim, proveNullifierAbsence } from '../../protocol/bondClaim.ts'
import { CIRCUIT_IDS } from '../../protocol/constants.ts'
import { bigintToBytes, bytesToHex, concatBytes, fieldToBytes } from '../../protocol/field.ts'
import { hashMemo } from '../../protocol/memo.ts'
import { NullifierTree } from '../../protocol/nullifierTree.ts'
import { publicInputsToArray, type TransferPublicInputs } from '../../protocol/publicInputs.ts'
import { packWord } from '../../protocol/words.ts'
import { eventsOf, send } from './expectRevert.ts'
import {
  seededBytes,
  type SettleBuilder,
  type SlotParameters,
  type TestRollup,
} from './settlement.ts'

type Hex = `0x${string}`

/** Signs receipts; holds no ETH. */
export const receiptWallet = new Wallet(`0x${'5e'.repeat(32)}`)
/** e of every entry that a claim is made for. */
const EPHEMERAL_SECRET = 123_456_789n
const RECEIPT = {
  Receipt: [
    { name: 'statementId', type: 'bytes32' },
    { name: 'admittedAt', type: 'uint64' },
    { name: 'settleBy', type: 'uint64' },
    { name: 'sequencer', type: 'address' },
  ],
}
const OWNER = {
  BondOwner: [
    { name: 'owner', type: 'address' },
    { name: 'bond', type: 'address' },
  ],
}

/** The public inputs that an entry's proof is for. */
export async function publicInputsOf(
  { rollup, noteRoots }: SettleBuilder,
  { context, transfer }: ForcedEntry,
): Promise<TransferPublicInputs> {
  const rootAt = async (name: 'identityRegistry' | 'policyRegistry', version: bigint) =>
    (await rollup.contract(name)['rootAt']?.(version))[0] as bigint
  const { statistics, investigation, largeValue } = rollup.auditKeys
  const { nullifier, outputs, withdrawal, traceTag, ephemeral } = transfer
  const { statisticsCiphertext, investigationCiphertext } = transfer
  return {
    anchor: noteRoots[Number(transfer.anchorBatch)] ?? 0n,
    identityRoot: await rootAt('identityRegistry', context.identityVersion),
    policyRoot: await rootAt('policyRegistry', context.policyVersion),
    day: context.day,
    domain: rollup.deployment.domain,
    ...{ nullifier, outputs, withdrawal, traceTag, ephemeral },
    ...{ statisticsCiphertext, investigationCiphertext },
    fee: packWord('fee', { ...transfer.fee, epoch: 0n }),
    memoHash: hashMemo(transfer.memo),
    auditKeyS: [statistics.x, statistics.y],
    auditKeyI: [investigation.x, investigation.y],
    auditKeyL: [largeValue.x, largeValue.y],
  }
}

/** EIP-712 domain of receipts. */
export const signingDomain = ({ deployment: { chainId, rollup } }: TestRollup) => ({
  name: 'Cinnabar',
  version: '1',
  chainId,
  verifyingContract: rollup as string,
})

/** The receipt key's consent to a bond's owner. */
export function consentTo(rollup: TestRollup, owner: string, signer = receiptWallet) {
  const bond = rollup.deployment.contracts.operatorBond
  return signer.signTypedData(signingDomain(rollup), OWNER, { owner, bond })
}

/** A transfer that was promised at the present time, and all that a claim for it needs but the forced entry. */
export type Promised = { readonly entry: ForcedEntry; readonly claim: BondClaim }

export async function promise(
  builder: SettleBuilder,
  {
    slot = {},
    tree = NullifierTree.initial(),
    payee,
    promiseTime,
    settleBy,
    admittedAt,
    signer = receiptWallet,
    domain = {},
  }: {
    slot?: SlotParameters
    /** The nullifier tree when it is forced. */
    tree?: NullifierTree
    payee: Hex
    promiseTime: bigint
    settleBy?: bigint
    admittedAt?: number
    signer?: Wallet
    /** Another EIP-712 domain. */
    domain?: Partial<ReturnType<typeof signingDomain>>
  },
): Promise<Promised> {
  const { rollup } = builder
  const { x, y } = mulBase8(EPHEMERAL_SECRET)
  const entry = await builder.entry({ ...slot, record: { ephemeral: [x, y] } })
  const { kind, memo, nullifier } = entry.transfer
  const publicInputs = publicInputsToArray(kind, await publicInputsOf(builder, entry))
  const statementId = computeStatementId({ circuit: kind, publicInputs, memo })
  const time = (await rollup.contract('clock')['time']?.()) as bigint
  const signed = {
    statementId,
    admittedAt: admittedAt ?? Number(await rollup.now()) * 1000,
    settleBy: Number(settleBy ?? time + promiseTime),
    sequencer: receiptWallet.address as Hex,
  }
  const signature = (await signer.signTypedData(
    { ...signingDomain(rollup), ...domain },
    RECEIPT,
    signed,
  )) as Hex
  const absence = proveNullifierAbsence(tree, nullifier)
  if (absence === undefined) throw new Error('the nullifier is spent')
  return {
    entry,
    claim: {
      receipt: { ...signed, signature },
      statement: bytesToHex(
        concatBytes(
          bigintToBytes(BigInt(CIRCUIT_IDS[kind]), 32),
          ...publicInputs.map(fieldToBytes),
          memo,
        ),
      ),
      entryId: 0n,
      identityVersion: entry.context.identityVersion,
      policyVersion: entry.context.policyVersion,
      absence,
      possession: possessionFor(rollup, statementId, payee),
      payee,
    },
  }
}

export function possessionFor(rollup: TestRollup, statementId: Hex, payee: Hex) {
  const { chainId, contracts } = rollup.deployment
  return proveBondClaim(
    { chainId, bond: contracts.operatorBond, statementId, payee },
    { ephemeralSecret: EPHEMERAL_SECRET, randomBytes: seededBytes(statementId) },
  )
}

/** Forces through the bond contract. @returns the entry's id. */
export async function forceForClaim(
  rollup: TestRollup,
  entry: ForcedEntry,
  { value }: { value?: bigint } = {},
): Promise<{ entryId: bigint; receipt: TransactionReceipt }> {
  const bond = rollup.contract('operatorBond')
  const fee = (await rollup.contract('forcedQueue')['entryFee']?.()) as bigint
  const receipt = await send(bond, 'force', encodeForcedEntry(entry), { value: value ?? fee })
  return { entryId: eventsOf(receipt, bond, 'Forced')[0]?.['entryId'] as bigint, receipt }
}

export function sendClaim(rollup: TestRollup, claim: BondClaim): Promise<TransactionReceipt> {
  return send(rollup.contract('operatorBond'), 'claim', claimWords(claim))
}
