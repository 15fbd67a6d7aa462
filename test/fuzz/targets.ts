import { Value } from '@sinclair/typebox/value'
import { BatchBody, decodeBatchBody, TransferSubmission } from '../../api/index.ts'
import { parseIdentityFile } from '../../api/identityFiles.ts'
import { readR1cs } from '../../circuits/r1cs.ts'
import { decodeSettle, decodeSettleInput, encodeSettle, encodeSettleInput } from '../../l1/codec.ts'
import { decodeForcedEntry, encodeForcedEntry } from '../../l1/forcedEntry.ts'
import { decodeAddress, encodeAddress } from '../../protocol/address.ts'
import { BASE8 } from '../../protocol/babyjubjub.ts'
import { FIELD_ORDER, MEMO_BYTES } from '../../protocol/constants.ts'
import { BaseError } from '../../protocol/errors.ts'
import { bigintToBytes, concatBytes, fieldToBytes, hexToBytes } from '../../protocol/field.ts'
import { decodeInputs, encodeInputs } from '../../prover/farm/jobInputs.ts'
import { decodeWitness } from '../../prover/witnessCalculator.ts'
import { readAddressBook, readCard, readEntry } from '../../regulator/committee/memberCard.ts'
import { agreeOn } from '../../regulator/committee/description.ts'
import { readCommitteeFile } from '../../regulator/committee/committeeFile.ts'
import { readRulesDocument } from '../../regulator/rules/document.ts'
import { readIvms101 } from '../../regulator/travelRule/ivms101.ts'
import { parseSubmission } from '../../sequencer/admission/parseSubmission.ts'
import { aRulesDocument } from '../support/rules.ts'
import { aSubmission } from '../support/sequencers.ts'

/** A decoder of something from outside: a value, or one of our errors with a stable code. */
export type FuzzTarget = {
  readonly name: string
  /** Where mutation begins: valid ones reach deepest. */
  readonly seeds: readonly Uint8Array[]
  /** @throws what is not ours: a finding. */
  run(bytes: Uint8Array): void
}

/** @throws whatever is no error of ours, or one without a stable code. */
export function outcome<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error) {
    if (error instanceof BaseError && /^[A-Z][A-Z0-9_]+$/.test(error.code)) return undefined
    throw error
  }
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')
const hexOf = (bytes: Uint8Array): `0x${string}` => `0x${Buffer.from(bytes).toString('hex')}`
const json = (value: unknown): Uint8Array => utf8(JSON.stringify(value))

/** For readers of values: text that is no JSON never reaches them. */
function readsJson(read: (value: unknown) => unknown) {
  return (bytes: Uint8Array) => {
    let value: unknown
    try {
      value = JSON.parse(textOf(bytes))
    } catch {
      return
    }
    outcome(() => read(value))
  }
}

const aProof = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n] as const
const slot = {
  ...{ kind: 'transfer' as const, context: 0, anchorBatch: 0n, nullifier: 5n, withdrawal: 0n },
  ...{ outputs: [1n, 2n, 3n, 4n] as const, fee: { amount: 0n, asset: 0n }, traceTag: 6n },
  ...{ ephemeral: [7n, 8n] as const, statisticsCiphertext: [9n, 10n] as const },
  ...{ investigationCiphertext: [11n], memo: new Uint8Array(MEMO_BYTES), proof: aProof },
}
const context = { identityVersion: 1n, policyVersion: 1n, day: 20_780n }
const call = {
  contexts: [context],
  batches: [
    {
      ...{ circuit: 'batch-4' as const, batchNumber: 1n, newNoteRoot: 3n, newNullifierRoot: 4n },
      feeRecipient: `0x${'00'.repeat(19)}01` as const,
      ...{ depositIds: [1n, 2n], c: 5n, proof: aProof },
      slots: [
        slot,
        { kind: 'empty' as const },
        {
          ...{ kind: 'forced' as const, entryId: 1n, takenAs: 'void' as const, nullifier: 1n },
          ...{ outputs: slot.outputs, withdrawal: 0n, fee: slot.fee },
        },
      ],
    },
  ],
}
const submission = aSubmission('fuzzed')
const batchBody = {
  anchor: {
    ...{ batchNumber: 1, slotCount: 8, sequencer: `0x${'00'.repeat(20)}` },
    ...{ parentNoteRoot: submission.publicInputs[0], parentNullifierRoot: submission.proof[0] },
    ...{ noteRoot: submission.proof[1], nullifierRoot: submission.proof[2] },
  },
  ...{ circuit: 'batch-4', position: 4, oldSlotCount: 1, stage: 'sealed' },
  feeRecipient: `0x${'00'.repeat(20)}`,
  transfers: [
    {
      ...{ kind: 'transfer', statementId: submission.proof[0], slot: 0, firstLeafIndex: 16 },
      ...{ publicInputs: submission.publicInputs, memo: submission.memo, anchorBatch: 0 },
    },
  ],
  deposits: [
    {
      ...{ id: 1, asset: 1, amount: '100', recipient: submission.proof[0], leafIndex: 28 },
      ciphertext: `0x${'00'.repeat(92)}`,
    },
  ],
}
const point = { x: submission.proof[0], y: submission.proof[1] }
const member = { index: 1, name: 'One', encryptionKey: point, signingKey: submission.proof[0] }
const identityFile = {
  ...{ type: 'cinnabar.identity-offer', version: 1, domain: submission.proof[0] },
  ...{ ownerKey: submission.proof[1], index: 1, tier: 1, jurisdiction: 756, expiryDay: 40_000 },
  ...{ status: 1, destination: { kind: 'address', address: `0x${'00'.repeat(20)}` } },
  salt: submission.proof[2],
}
const natural = {
  naturalPerson: {
    name: { nameIdentifier: [{ primaryIdentifier: 'A', nameIdentifierType: 'LEGL' }] },
    dateAndPlaceOfBirth: { dateOfBirth: '1980-02-29', placeOfBirth: 'B' },
  },
}
const legal = {
  legalPerson: {
    name: { nameIdentifier: [{ legalPersonName: 'C', legalPersonNameIdentifierType: 'LEGL' }] },
    geographicAddress: [{ addressType: 'BIZZ', townName: 'D', country: 'CH', addressLine: ['E'] }],
  },
}
const travelRule = {
  originator: { originatorPersons: [natural], accountNumber: ['17'] },
  beneficiary: { beneficiaryPersons: [legal] },
  originatingVASP: { originatingVASP: legal },
  beneficiaryVASP: { beneficiaryVASP: legal },
}

/** One constraint of one term a side, over two wires. */
function anR1cs(): Uint8Array {
  const word = (value: number) => bigintToBytes(BigInt(value), 4).reverse()
  const field = (value: bigint) => fieldToBytes(value).reverse()
  const prime = bigintToBytes(FIELD_ORDER, 32).reverse()
  const header = [word(32), prime, ...[2, 0, 0, 1].map(word), word(2), word(0), word(1)]
  const rows = [1, 0, 1].flatMap((wire) => [word(1), word(wire), field(1n)])
  const section = (type: number, parts: Uint8Array[]) => {
    const contents = concatBytes(...parts)
    return concatBytes(word(type), word(contents.length), word(0), contents)
  }
  const magic = utf8('r1cs')
  return concatBytes(magic, word(1), word(2), section(1, header), section(2, rows))
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'settle-calldata',
    seeds: [hexToBytes(encodeSettle(call)), hexToBytes(encodeSettleInput(call))],
    run(bytes) {
      outcome(() => decodeSettle(hexOf(bytes)))
      outcome(() => decodeSettleInput(hexOf(bytes)))
    },
  },
  {
    name: 'forced-entry',
    seeds: [hexToBytes(encodeForcedEntry({ context, transfer: slot }))],
    run(bytes) {
      outcome(() => decodeForcedEntry(hexOf(bytes)))
    },
  },
  {
    name: 'address',
    seeds: [
      utf8(
        encodeAddress(
          { owner: { ownerKey: 5n, identityIndex: 1n }, viewingPublicKey: BASE8 },
          'tcnb',
        ),
      ),
    ],
    run(bytes) {
      outcome(() => decodeAddress(textOf(bytes), 'tcnb'))
    },
  },
  {
    name: 'identity-file',
    seeds: [json(identityFile)],
    run(bytes) {
      for (const type of ['cinnabar.identity-offer', 'cinnabar.identity-acceptance'] as const) {
        outcome(() => parseIdentityFile(type, textOf(bytes)))
      }
    },
  },
  {
    name: 'job-inputs',
    seeds: [encodeInputs({ a: 1n, b: [2n, [3n]], c: { d: 4n } })],
    run(bytes) {
      outcome(() => decodeInputs(bytes))
    },
  },
  {
    name: 'submission',
    seeds: [json(submission)],
    run: readsJson((value) =>
      Value.Check(TransferSubmission, value) ? parseSubmission(value) : undefined,
    ),
  },
  {
    name: 'batch-body',
    seeds: [json(batchBody)],
    run: readsJson((value) => (Value.Check(BatchBody, value) ? decodeBatchBody(value) : undefined)),
  },
  {
    name: 'r1cs',
    seeds: [anR1cs()],
    run(bytes) {
      outcome(() => readR1cs(bytes))
    },
  },
  {
    name: 'witness',
    seeds: [new Uint8Array(64)],
    run(bytes) {
      outcome(() => decodeWitness(bytes))
    },
  },
  {
    name: 'committee-files',
    seeds: [
      json({
        ...{ type: 'cinnabar.address-book', version: 1, clients: [] },
        members: [
          {
            ...{ type: 'cinnabar.member-card', version: 1, name: 'One', certificate: 'none' },
            ...{ signingKey: submission.proof[0], signature: `0x${'00'.repeat(64)}` },
          },
        ],
      }),
      json({
        ...{ version: 1, chainId: '31337', registry: `0x${'00'.repeat(20)}`, epoch: 0 },
        ...{ kind: 'statistics', threshold: 1, members: [member], nonce: submission.proof[0] },
      }),
      json({
        committee: { threshold: 1, members: [member], publicKey: point, shareKeys: [point] },
      }),
    ],
    run: readsJson((value) => {
      for (const read of [readAddressBook, readCard, readEntry, agreeOn, readCommitteeFile]) {
        outcome(() => read(value))
      }
    }),
  },
  {
    name: 'rules',
    seeds: [
      json(
        aRulesDocument({
          largeValue: { perDay: '1000' },
          structuring: { below: '100', bandPercent: 5, payments: 3, days: 7 },
        }),
      ),
    ],
    run: readsJson(readRulesDocument),
  },
  {
    name: 'travel-rule',
    seeds: [json(travelRule)],
    run: readsJson((value) => readIvms101(value, '2026-11-29')),
  },
]
