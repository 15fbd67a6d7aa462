import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

import { hexToBytes } from '../../protocol/field.ts'
import { hashMemo } from '../../protocol/memo.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import type { TransferPublicInputs } from '../../protocol/publicInputs.ts'
import { loadCircuit, loadTemplate } from '../support/circuitTester.ts'

type Encoded = string | readonly Encoded[]
type Signals = Record<string, Encoded>
type Decoded = bigint | Decoded[]
type TransferVector = {
  name: string
  circuit: 'transfer' | 'collect'
  publicInputs: Signals
  circuitInputs: Signals
  memo: string
}
type KeysVector = {
  name: string
  spendingKey: string
  nullifierKey: string
  ownerKey: string
  identityIndex: string
  spendingPublicKey: { x: string; y: string }
  tracePoint: { x: string; y: string }
}
type Owner = { ownerKey: string; identityIndex: string }
type NoteVector = {
  name: string
  asset: string
  amount: string
  owner: Owner
  blinding: string
  commitment: string
}
type AccountVector = {
  name: string
  account: Record<
    'asset' | 'balance' | 'nonce' | 'cursor' | 'day' | 'spentToday' | 'blinding',
    string
  > & { owner: Owner }
  nullifierKey: string
  commitment: string
  nullifier: string
  genesisNullifier: string
}

function read<T>(name: string): T[] {
  const url = new URL(`../vectors/${name}.json`, import.meta.url)
  return (JSON.parse(readFileSync(url, 'utf8')) as { vectors: T[] }).vectors
}

function decode(value: Encoded): Decoded {
  return typeof value === 'string' ? BigInt(value) : value.map(decode)
}

function decodeAll(signals: Signals): Record<string, Decoded> {
  return Object.fromEntries(Object.entries(signals).map(([name, value]) => [name, decode(value)]))
}

describe('vectors', () => {
  for (const vector of read<TransferVector>('transfer')) {
    test(`accepts: transfer vector ${vector.name}`, async () => {
      const circuit = await loadCircuit(vector.circuit)
      const publicInputs = decodeAll(vector.publicInputs)
      const witness = await circuit.witness({
        ...publicInputs,
        ...decodeAll(vector.circuitInputs),
      })
      circuit.check(witness)
      assert.deepEqual(
        circuit.publicSignals(witness),
        publicInputsToArray(vector.circuit, publicInputs as unknown as TransferPublicInputs),
      )
      assert.equal(hashMemo(hexToBytes(vector.memo)), publicInputs['memoHash'])
    })
  }

  for (const vector of read<KeysVector>('keys')) {
    test(`accepts: keys vector ${vector.name}`, async () => {
      const ownerKey = await loadTemplate({
        include: 'circuits/src/owner-key.circom',
        template: 'OwnerKey',
      })
      const owner = await ownerKey.witness({
        spendingKey: BigInt(vector.spendingKey),
        nullifierKey: BigInt(vector.nullifierKey),
      })
      ownerKey.check(owner)
      const { x, y } = vector.spendingPublicKey
      assert.deepEqual(ownerKey.publicSignals(owner), [vector.ownerKey, x, y].map(BigInt))

      const tracePoint = await loadTemplate({
        include: 'circuits/src/trace-point.circom',
        template: 'TracePoint',
      })
      const trace = await tracePoint.witness({
        nullifierKey: BigInt(vector.nullifierKey),
        ownerKey: BigInt(vector.ownerKey),
        identityIndex: BigInt(vector.identityIndex),
      })
      tracePoint.check(trace)
      assert.deepEqual(
        tracePoint.publicSignals(trace),
        [vector.tracePoint.x, vector.tracePoint.y].map(BigInt),
      )
    })
  }

  for (const vector of read<NoteVector>('note')) {
    test(`accepts: note vector ${vector.name}`, async () => {
      const circuit = await loadTemplate({
        include: 'circuits/src/note-commitment.circom',
        template: 'NoteCommitment',
      })
      const witness = await circuit.witness({
        ownerKey: BigInt(vector.owner.ownerKey),
        identityIndex: BigInt(vector.owner.identityIndex),
        asset: BigInt(vector.asset),
        amount: BigInt(vector.amount),
        blinding: BigInt(vector.blinding),
      })
      circuit.check(witness)
      assert.deepEqual(circuit.publicSignals(witness), [BigInt(vector.commitment)])
    })
  }

  for (const vector of read<AccountVector>('account')) {
    test(`accepts: account vector ${vector.name}`, async () => {
      const { owner, ...state } = vector.account
      const commitment = await loadTemplate({
        include: 'circuits/src/account-commitment.circom',
        template: 'AccountCommitment',
      })
      const committed = await commitment.witness({
        ...decodeAll(state),
        ...decodeAll(owner),
      })
      commitment.check(committed)
      assert.deepEqual(commitment.publicSignals(committed), [BigInt(vector.commitment)])

      const nullifier = await loadTemplate({
        include: 'circuits/src/spent-nullifier.circom',
        template: 'SpentNullifier',
      })
      for (const [isGenesis, expected] of [
        [0n, vector.nullifier],
        [1n, vector.genesisNullifier],
      ] as const) {
        const spent = await nullifier.witness({
          isGenesis,
          nullifierKey: BigInt(vector.nullifierKey),
          accountCommitment: BigInt(vector.commitment),
          ...decodeAll(owner),
          asset: BigInt(vector.account.asset),
        })
        nullifier.check(spent)
        assert.deepEqual(nullifier.publicSignals(spent), [BigInt(expected)])
      }
    })
  }
})
