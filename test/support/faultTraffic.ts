import type { ApiClient, Receipt, TransferState, TransferSubmission } from '../../api/index.ts'
import { ApiRequestError, ApiUnreachableError } from '../../api/errors.ts'
import { computeStatementId } from '../../api/statementId.ts'
import { verifyReceipt } from '../../api/typedData.ts'
import type { ChainEventOf } from '../../l1/chainEvents.ts'
import type { ForcedEntry } from '../../l1/forcedEntry.ts'
import { findRootVersion, getSettledState } from '../../l1/reads.ts'
import { formatField } from '../../protocol/field.ts'
import { publicInputsFromArray, publicInputsToArray } from '../../protocol/publicInputs.ts'
import { packWord, unpackWord } from '../../protocol/words.ts'
import type { ProofWords } from '../../prover/proof.ts'
import { type Connection, sql } from '../../sequencer/store/database.ts'
import type { FaultNetwork } from './faultNetwork.ts'
import { queueDeposit } from './l1Rollup.ts'
import { aSubmission, type SubmissionOptions } from './sequencers.ts'
import { force } from './settlement.ts'

/** What a client knows of a transfer that it sent. */
type Sent = {
  readonly submission: TransferSubmission
  /** From the answer; undefined where none came. */
  receipt: Receipt | undefined
}

/** What became of everything; every list and count but the first three must be empty or 0. */
export type Findings = {
  readonly sent: number
  readonly settled: number
  readonly rejected: number
  /** Entries of the forced queue. */
  readonly forced: number
  /** With a receipt, and neither settled nor rejected with a reason; or in the forced queue, and not taken from it. */
  readonly lost: readonly string[]
  /** Settled or taken more than once, or said to be rejected and settled. */
  readonly doubled: readonly string[]
  /** Jobs, calls and transactions that nothing moves on any more. */
  readonly stuck: readonly string[]
  /** Receipts that are no longer what the client was given, and roots that are not the contract's. */
  readonly broken: readonly string[]
}

const QUESTIONS_AT_ONCE = 32

/** Transfers and deposits of clients that keep what they were promised, and see whether it was kept. */
export class FaultTraffic {
  readonly #network: FaultNetwork
  readonly #sent = new Map<string, Sent>()
  /** Statement ids by entry of the forced queue. */
  readonly #forced = new Map<bigint, string>()
  readonly #final = new Set<string>()
  readonly #label: string
  #count = 0

  constructor(network: FaultNetwork, label = 'traffic') {
    this.#network = network
    this.#label = label
  }

  get ids(): string[] {
    return [...this.#sent.keys()]
  }

  /** A transfer against what is current, as of the sequencer's status. */
  async make(api: ApiClient, options: SubmissionOptions = {}): Promise<TransferSubmission> {
    const { rollup } = this.#network
    const status = await api.getStatus()
    const pointOf = ([x, y]: readonly [string, string]) => [BigInt(x), BigInt(y)] as const
    const { circuit = 'transfer' } = options
    const submission = aSubmission(`${this.#label} ${String(this.#count++)}`, {
      domain: rollup.deployment.domain,
      identityRoot: BigInt(status.identity.root),
      policyRoot: BigInt(status.policy.root),
      day: BigInt(status.day),
      auditKeyS: pointOf(status.auditKeyS),
      auditKeyI: pointOf(status.auditKeyI),
      auditKeyL: pointOf(status.auditKeyL),
      fee: packWord('fee', { amount: 0n, asset: 0n, epoch: BigInt(status.epoch) }),
      ...options,
    })
    const proof = rollup.keys.prove(circuit, submission.publicInputs.map(BigInt))
    return { ...submission, proof: proof.map(formatField) }
  }

  /** Sends one. @returns its id, whether an answer came or not. */
  async send(api: ApiClient, options: SubmissionOptions = {}): Promise<string> {
    return this.sendMade(api, await this.make(api, options))
  }

  /** Sends one that was made before. */
  async sendMade(api: ApiClient, submission: TransferSubmission): Promise<string> {
    const id = idOf(submission)
    this.#sent.set(id, { submission, receipt: undefined })
    await this.#ask(api, id)
    return id
  }

  /** A deposit of a user of its own; the sequencer takes it by itself. */
  async deposit(amount: bigint): Promise<void> {
    const { rollup, client } = this.#network
    const label = `${this.#label} deposit ${String(this.#count++)}`
    await queueDeposit(rollup, client, { asset: 1n, amount, label })
  }

  /**
   * Puts a transfer into the forced queue; where told, a sequencer gets it as well, and may be the faster one.
   *
   * @returns what does it again, after a reorg that took it back.
   */
  async force(api: ApiClient, { isSentToo }: { isSentToo: boolean }): Promise<() => Promise<void>> {
    const submission = await this.make(api)
    if (isSentToo) await this.sendMade(api, submission)
    const entry = await this.#toForced(submission)
    const enter = async () => {
      const { id } = await force(this.#network.rollup, entry)
      this.#forced.set(id, idOf(submission))
    }
    await enter()
    return enter
  }

  async #toForced({ circuit, memo, ...rest }: TransferSubmission): Promise<ForcedEntry> {
    const { client, rollup } = this.#network
    const view = { client, deployment: rollup.deployment }
    const inputs = publicInputsFromArray(circuit, rest.publicInputs.map(BigInt))
    const { nullifier, outputs, withdrawal, traceTag, ephemeral } = inputs
    const { statisticsCiphertext, investigationCiphertext } = inputs
    const versionOf = async (registry: 'identityRegistry' | 'policyRegistry', root: bigint) =>
      (await findRootVersion(view, { registry, root })) ?? 0n
    const { amount, asset } = unpackWord('fee', inputs.fee)
    return {
      context: {
        identityVersion: await versionOf('identityRegistry', inputs.identityRoot),
        policyVersion: await versionOf('policyRegistry', inputs.policyRoot),
        day: inputs.day,
      },
      transfer: {
        ...{ kind: circuit, anchorBatch: BigInt(rest.anchorBatch) },
        ...{ nullifier, outputs, withdrawal, traceTag, ephemeral },
        ...{ statisticsCiphertext, investigationCiphertext, fee: { amount, asset } },
        memo: Buffer.from(memo.slice(2), 'hex'),
        proof: rest.proof.map(BigInt) as unknown as ProofWords,
      },
    }
  }

  /** Asks again for all that got no answer, as clients do. */
  async askAgain(api: ApiClient): Promise<void> {
    for (const [id, { receipt }] of this.#sent) if (receipt === undefined) await this.#ask(api, id)
  }

  /** How many are settled or rejected by now. */
  async countFinal(api: ApiClient): Promise<number> {
    // Asked once: `inspect` looks at all of them again, at the end.
    const open = [...this.#sent.keys()].filter((id) => !this.#final.has(id))
    for (const [id, state] of await askFor(api, open)) {
      if (state !== undefined && ['settled', 'rejected'].includes(state.status)) this.#final.add(id)
    }
    return this.#final.size
  }

  async #ask(api: ApiClient, id: string): Promise<void> {
    const sent = this.#sent.get(id)
    if (sent === undefined) return
    try {
      const { receipt } = await api.submitTransfer(sent.submission)
      sent.receipt ??= receipt
    } catch (error) {
      // No answer: it is asked again. A refusal is an answer; nothing was promised.
      if (error instanceof ApiUnreachableError) return
      if (error instanceof ApiRequestError && error.httpStatus === 503) return
      if (error instanceof ApiRequestError && error.code.startsWith('TX_')) {
        if (sent.receipt === undefined) this.#sent.delete(id)
        return
      }
      throw error
    }
  }

  /** Compares what was promised with the base chain, and the database with itself. */
  async inspect(api: ApiClient, database: Connection): Promise<Findings> {
    const { rollup, reader, client } = this.#network
    const { deployment } = rollup
    const head = await reader.getHead()
    const events = await reader.getEvents({ from: deployment.startBlock, to: head.number })
    const batches = events.filter(
      (event): event is ChainEventOf<'batchSettled'> => event.type === 'batchSettled',
    )
    const settled = new Map<string, number>()
    const nullifiers = new Map<bigint, number>()
    for (const { kind, publicInputs, memo } of batches.flatMap(({ transfers }) => transfers)) {
      const id = computeStatementId({
        circuit: kind,
        publicInputs: publicInputsToArray(kind, publicInputs),
        memo,
      })
      settled.set(id, (settled.get(id) ?? 0) + 1)
      const { nullifier } = publicInputs
      nullifiers.set(nullifier, (nullifiers.get(nullifier) ?? 0) + 1)
    }
    const lost: string[] = []
    const broken: string[] = []
    const doubled = [
      ...[...settled].filter(([, times]) => times > 1).map(([id]) => id),
      ...[...nullifiers].filter(([, times]) => times > 1).map(([nullifier]) => String(nullifier)),
    ]
    let rejected = 0
    const states = await askFor(api, [...this.#sent.keys()])
    for (const [id, { receipt }] of this.#sent) {
      const state = states.get(id)
      if (state?.status === 'rejected') {
        rejected += 1
        if (settled.has(id)) doubled.push(id)
        if (state.reason === undefined) broken.push(`${id} has no reason`)
      } else if (receipt !== undefined && (state?.status !== 'settled' || !settled.has(id))) {
        lost.push(id)
      }
      if (receipt === undefined) continue
      if (JSON.stringify(state?.receipt) !== JSON.stringify(receipt)) {
        broken.push(`${id} has another receipt`)
      }
      const domain = { chainId: deployment.chainId, rollup: deployment.contracts.rollup }
      if (!verifyReceipt(domain, receipt, receipt.sequencer)) broken.push(`${id}: signature`)
    }
    const taken = new Map<bigint, number>()
    for (const { forcedEntry } of batches.flatMap((one) => [...one.transfers, ...one.voids])) {
      if (forcedEntry !== undefined) taken.set(forcedEntry, (taken.get(forcedEntry) ?? 0) + 1)
    }
    for (const [entry, id] of this.#forced) {
      if (!taken.has(entry) || !settled.has(id)) lost.push(`entry ${String(entry)}`)
    }
    for (const [entry, times] of taken) if (times > 1) doubled.push(`entry ${String(entry)}`)
    batches.forEach(({ batchNumber }, i) => {
      if (batchNumber !== BigInt(i + 1)) broken.push(`batch ${String(batchNumber)} out of order`)
    })
    const contract = await getSettledState({ client, deployment })
    const { sealed, settled: seen } = await api.getStatus()
    const behind: string[] = []
    for (const ours of [sealed, seen]) {
      const { batchNumber } = ours
      if (BigInt(batchNumber) !== contract.batchNumber) {
        // It says so a moment after it wrote it; for good, work is left.
        behind.push(`batch ${String(batchNumber)} of ${String(contract.batchNumber)} in the status`)
      } else if (
        ours.noteRoot !== formatField(contract.noteRoot) ||
        ours.nullifierRoot !== formatField(contract.nullifierRoot)
      ) {
        broken.push(`roots of batch ${String(batchNumber)} are not the contract's`)
      }
    }
    return {
      ...{ sent: this.#sent.size, settled: settled.size, rejected, forced: this.#forced.size },
      ...{ lost, doubled, broken, stuck: [...behind, ...(await findStuck(database))] },
    }
  }
}

/** What the sequencer says of each; undefined where it knows nothing of it. Several questions at once. */
async function askFor(
  api: ApiClient,
  ids: readonly string[],
): Promise<Map<string, TransferState | undefined>> {
  const states = new Map<string, TransferState | undefined>()
  for (let start = 0; start < ids.length; start += QUESTIONS_AT_ONCE) {
    await Promise.all(
      ids.slice(start, start + QUESTIONS_AT_ONCE).map(async (id) => {
        states.set(id, await api.getTransfer(id).catch(unlessRefused))
      }),
    )
  }
  return states
}

/** What is left to do, by table. */
export async function findStuck(database: Connection): Promise<string[]> {
  const [row] = await database.query<Record<string, string>>(sql`
    select
      (select count(*) from transfer where status = 'admitted') as transfers,
      (select count(*) from batch where status <> 'void'
        and not exists (select from batch_on_l1 where batch_number = number)) as batches,
      (select count(*) from proving_job) as proving_jobs,
      (select count(*) from proof_job) as proof_jobs,
      (select count(*) from settlement where status = 'open') as settlements,
      (select count(*) from l1_transaction where status = 'pending') as transactions,
      (select count(*) from l1_deposit
        where not exists (select from batch_deposit where deposit_id = l1_deposit.id)) as deposits,
      (select count(*) from l1_forced_transfer
        where not exists (select from batch_forced where entry_id = l1_forced_transfer.id)) as forced
  `)
  // Why the first of them is not proved, where that is what holds up the rest.
  const proofs = await database.query<Record<string, string>>(sql`
    select status, attempts, last_error, last_worker from proof_job order by created_at limit 3
  `)
  return [
    ...Object.entries(row ?? {})
      .filter(([, count]) => count !== '0')
      .map(([what, count]) => `${count} ${what}`),
    ...proofs.map((proof) => `proof: ${Object.values(proof).map(String).join(', ')}`),
  ]
}

export function idOf({ circuit, publicInputs, memo }: TransferSubmission): string {
  return computeStatementId({
    circuit,
    publicInputs: publicInputs.map(BigInt),
    memo: Buffer.from(memo.slice(2), 'hex'),
  })
}

/** Unknown to the sequencer: nothing was promised. */
function unlessRefused(error: unknown): undefined {
  if (error instanceof ApiRequestError && error.code === 'TX_UNKNOWN') return undefined
  throw error
}
