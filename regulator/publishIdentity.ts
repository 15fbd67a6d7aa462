import { encodeFunctionData, keccak256 } from 'viem'
import type { IdentityAcceptance } from '../api/identityFiles.ts'
import { contractOf } from '../l1/bindings.ts'
import type { ChainClient } from '../l1/client.ts'
import type { ChainDeployment } from '../l1/deployment.ts'
import { submitTransaction, type TransactionAccount } from '../l1/submitTransaction.ts'
import type { TransactionStore } from '../l1/transactionStore.ts'
import type { CurvePoint } from '../protocol/babyjubjub.ts'
import { REGISTRY_MODE } from '../protocol/constants.ts'
import { bytesToBigint, bytesToHex, formatField, hexToBytes, lowBits } from '../protocol/field.ts'
import { hashIdentity, type Identity } from '../protocol/identity.ts'
import type { RandomBytes } from '../protocol/memo.ts'
import { publicInputsToArray } from '../protocol/publicInputs.ts'
import {
  buildRegistryUpdate,
  type DestinationConsent,
  type RegistryMode,
} from '../protocol/registry.ts'
import { sealIdentity } from '../protocol/sealedIdentity.ts'
import { proofFromWords, type ProofWords, proofToWords } from '../prover/proof.ts'
import type { Prover, ProvingPhase } from '../prover/prover.ts'
import { checkAnnounced } from './announceDestination.ts'
import { RegistrationProofInvalidError, RegistryRootMismatchError } from './errors.ts'
import type { RegistryView } from './readChain.ts'
import { presentLimits } from './registrarLimits.ts'

/** What every publication needs. */
export type RegistrarDependencies = {
  readonly client: ChainClient
  /** Holder of the REGISTRAR role. */
  readonly account: TransactionAccount
  readonly store: TransactionStore
  readonly deployment: ChainDeployment
  readonly prover: Prover
  readonly randomBytes: RandomBytes
  /** Blocks, its own included, that must hold the update. Default: 1. */
  readonly confirmations?: number
  readonly onPhase?: (phase: ProvingPhase | 'publishing') => void
}

export type PublishIdentityParameters = {
  /** The registry as read from the chain just now. */
  readonly registry: RegistryView
  readonly index: number
  /** The present leaf; absent when an empty one is filled. */
  readonly old?: Identity
  readonly next: Identity
  /** The registrar's reference to its file, sealed to the investigation key. */
  readonly reference: string
  /** The present epoch's audit key I. */
  readonly auditKeyI: CurvePoint
  /** Needed to fill a leaf: carries the registration proof. */
  readonly acceptance?: IdentityAcceptance
  /** The order in the disclosure log under which the destination changes. */
  readonly order?: bigint
  /** The owner's signature under which the destination changes; announced, and its timelock over. */
  readonly consent?: DestinationConsent
}

export type PublishedIdentity = {
  readonly transactionHash: `0x${string}`
  /** Undefined where the update was found on chain already. */
  readonly gasUsed: bigint | undefined
  readonly root: bigint
}

const NO_PROOF: ProofWords = [0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n]

/**
 * Proves one identity update and publishes it. Safe to repeat after a crash: an update that the
 * chain holds already is found there, and the contract accepts none twice.
 *
 * @throws {RegistrationProofInvalidError} when the person's proof does not verify.
 * @throws {RegistryRootMismatchError} when the chain's root moved since `registry` was read.
 * @throws {RegistrarLimitError} when the index is another registrar's, or the day's updates are made.
 * @throws {RegistryTermsRefusedError} when the tier or the suspension is beyond the limits.
 * @throws {DestinationNotAnnouncedError | DestinationTooSoonError} when a consent's timelock is not over.
 * @throws {RegistryLeafMismatchError} when the leaf on the chain is not `old`.
 */
export async function publishIdentity(
  dependencies: RegistrarDependencies,
  parameters: PublishIdentityParameters,
): Promise<PublishedIdentity> {
  const { client, account, store, deployment, prover, randomBytes, onPhase } = dependencies
  const { confirmations = 1 } = dependencies
  const { registry, index, old, next, reference, auditKeyI, acceptance, order, consent } =
    parameters
  const contract = contractOf(deployment, 'identityRegistry')
  const newLeaf = hashIdentity(next)
  const published = registry.updates.findLast((update) => update.index === BigInt(index))
  if (published?.newLeaf === newLeaf) {
    return {
      transactionHash: published.transactionHash,
      gasUsed: undefined,
      root: published.root,
    }
  }
  const [, onChain] = await client.readContract({ ...contract, functionName: 'current' })
  if (onChain !== registry.root) {
    throw new RegistryRootMismatchError({
      computed: formatField(registry.root),
      onChain: formatField(onChain),
    })
  }
  if (consent !== undefined && old !== undefined) {
    await checkAnnounced(dependencies, { index, old, next })
  }
  const registrationProof =
    acceptance === undefined ? NO_PROOF : await checkRegistrationProof(prover, acceptance)
  const mode = modeOf(parameters)
  const limits = await presentLimits(dependencies, index)
  const { publicInputs, circuitInputs } = buildRegistryUpdate({
    tree: registry.tree,
    index: BigInt(index),
    next,
    mode,
    domain: deployment.domain,
    limits,
    ...(old === undefined ? {} : { old }),
    ...(consent === undefined ? {} : { consent }),
  })
  const { proof } = await prover.prove('registry', circuitInputs, {
    ...(onPhase === undefined ? {} : { onPhase }),
  })
  onPhase?.('publishing')
  const sealed = sealIdentity({
    file: { identity: next, reference },
    auditKey: auditKeyI,
    // 512 random bits cut to a scalar's 250.
    ephemeralSecret: lowBits(bytesToBigint(randomBytes(64)), 250),
    randomBytes,
  })
  const isFill = acceptance !== undefined
  const data = encodeFunctionData({
    abi: contract.abi,
    functionName: 'update',
    args: [
      {
        mode,
        index,
        oldLeaf: publicInputs.oldLeaf,
        newLeaf: publicInputs.newLeaf,
        newRoot: publicInputs.newRoot,
        proof: proofToWords(proof),
        tracePoint: isFill ? [next.tracePoint.x, next.tracePoint.y] : [0n, 0n],
        registrationProof,
        order: order ?? 0n,
        latestSuspension: Number(limits.latestSuspension),
        sealedContents: bytesToHex(sealed),
      },
    ],
  })
  const receipt = await submitTransaction({
    client,
    account,
    store,
    chainId: deployment.chainId,
    confirmations,
    // The sealed contents differ from try to try, so a leaf alone would name two contents.
    purpose: `identity ${String(index)} ${keccak256(data)}`,
    to: contract.address,
    data,
  })
  return {
    transactionHash: receipt.transactionHash,
    gasUsed: receipt.gasUsed,
    root: publicInputs.newRoot,
  }
}

function modeOf({ acceptance, order, consent }: PublishIdentityParameters): RegistryMode {
  if (acceptance !== undefined) return REGISTRY_MODE.FILL
  if (consent !== undefined) return REGISTRY_MODE.DESTINATION_BY_OWNER
  return order === undefined ? REGISTRY_MODE.CHANGE : REGISTRY_MODE.DESTINATION_BY_ORDER
}

async function checkRegistrationProof(
  prover: Prover,
  acceptance: IdentityAcceptance,
): Promise<ProofWords> {
  const words = acceptance.proof.map((word) => BigInt(word)) as unknown as ProofWords
  const field = (hex: string): bigint => bytesToBigint(hexToBytes(hex))
  const publicSignals = publicInputsToArray('registration', {
    domain: field(acceptance.domain),
    index: BigInt(acceptance.index),
    leaf: field(acceptance.leaf),
    tracePoint: [field(acceptance.identity.tracePoint.x), field(acceptance.identity.tracePoint.y)],
  })
  if (!(await prover.verify('registration', proofFromWords(words), publicSignals))) {
    throw new RegistrationProofInvalidError({ index: acceptance.index })
  }
  return words
}
