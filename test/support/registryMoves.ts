import { dayOf } from '../../protocol/calendar.ts'
import { checkVerificationKeys } from '../../deploy/contracts/checkVerificationKeys.ts'
import { keyRegistrationWords } from '../../deploy/contracts/deploy.ts'
import { provePossession } from '../../protocol/auditKeyPossession.ts'
import {
  CIRCUIT_IDS,
  MAX_SUSPENSION_DAYS,
  REGISTRY_MODE,
  type TransferCircuit,
} from '../../protocol/constants.ts'
import { buildPolicyTree } from '../../protocol/policy.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import { auditKeyFromSecret, type AuditKeyKind } from '../../regulator/auditKeys.ts'
import { send } from './expectRevert.ts'
import { seededBytes, type TestRollup } from './settlement.ts'

// What registrar, policy, committee and governance do to values that statements rest on. Proofs are
// simulated.

/** Publishes other policies: the root that statements were made for is superseded. */
export async function publishPolicy(rollup: TestRollup, limit = 1n): Promise<void> {
  const policy = {
    tier: 1n,
    asset: 1n,
    perTransfer: limit,
    perDay: limit,
    accountCap: limit,
    reportAbove: 0n,
  }
  const registry = rollup.contract('policyRegistry')
  await send(registry, 'publish', buildPolicyTree([policy]).root, [policy])
}

/** Files a new identity at the next index, or changes (suspends) one: the root moves either way. */
export async function updateIdentity(
  rollup: TestRollup,
  {
    index,
    oldLeaf = 0n,
    newLeaf,
    ...given
  }: {
    index: bigint
    oldLeaf?: bigint
    newLeaf: bigint
    /** Default: any number, which only the contract takes for a root. */
    newRoot?: bigint
    tracePoint?: { readonly x: bigint; readonly y: bigint }
  },
): Promise<void> {
  const registry = rollup.contract('identityRegistry')
  const [version, oldRoot]: [bigint, bigint] = await registry['current']?.()
  const mode = oldLeaf === 0n ? REGISTRY_MODE.FILL : REGISTRY_MODE.CHANGE
  const { domain } = rollup.deployment
  const newRoot = given.newRoot ?? 1_000_000n + version
  const { x, y } = given.tracePoint ?? { x: 101n, y: 102n }
  const tracePoint: [bigint, bigint] = [x, y]
  const registration = { domain, index, leaf: newLeaf, tracePoint }
  const latestSuspension = dayOf(await rollup.now()) + BigInt(MAX_SUSPENSION_DAYS)
  const limits = { tierCap: 255n, latestSuspension }
  const update = {
    mode: BigInt(mode),
    index,
    oldRoot,
    oldLeaf,
    newLeaf,
    newRoot,
    domain,
    ...limits,
  }
  const isFill = mode === REGISTRY_MODE.FILL
  await send(registry, 'update', {
    ...{ mode, index, oldLeaf, newLeaf, newRoot },
    proof: rollup.keys.prove('registry', publicInputsToArray('registry', update)),
    tracePoint: isFill ? tracePoint : [0n, 0n],
    registrationProof: isFill
      ? rollup.keys.prove('registration', publicInputsToArray('registration', registration))
      : new Array<bigint>(8).fill(0n),
    order: 0n,
    latestSuspension,
    sealedContents: '0x',
  })
}

/** Schedules the next epoch's audit keys for the first day that the timelock allows. */
export async function scheduleEpoch(rollup: TestRollup, keyDelay: bigint): Promise<bigint> {
  const registry = rollup.contract('supervisionRegistry')
  const epoch: bigint = await registry['epochCount']?.()
  const startDay = dayOf((await rollup.now()) + keyDelay) + 2n
  const words = (kind: AuditKeyKind, secret: bigint) => {
    const key = auditKeyFromSecret(kind, secret)
    const proof = provePossession(
      {
        chainId: rollup.deployment.chainId,
        registry: rollup.deployment.contracts.supervisionRegistry,
        ...{ epoch, kind },
      },
      { auditSecret: key.auditSecret, randomBytes: seededBytes(`epoch ${String(epoch)} ${kind}`) },
    )
    return keyRegistrationWords({ q: key.registrationPoint, proof })
  }
  const keys = [
    words('statistics', 1_000n + epoch),
    words('investigation', 2_000n + epoch),
    words('largeValue', 3_000n + epoch),
  ]
  await send(registry, 'scheduleEpoch', startDay, ...keys)
  return startDay
}

/** Announces another verification key of a circuit, waits the timelock out, and activates it. */
export async function replaceKey(rollup: TestRollup, circuit: TransferCircuit): Promise<void> {
  const registry = rollup.contract('verifierRegistry')
  const { verificationKey } = rollup.keys.secondKey(circuit)
  const keys = { ...rollup.keys.verificationKeys, [circuit]: verificationKey }
  const { delta, ic } = checkVerificationKeys(keys)[circuit]
  const id = CIRCUIT_IDS[circuit]
  await send(registry, 'announceKey', id, { delta, ic: [...ic] })
  const delay: bigint = await registry['ACTIVATION_DELAY']?.()
  await rollup.chain.increaseTime(Number(delay) + 30)
  await send(registry, 'activateKey', id, await registry['latestVersion']?.(id))
}
