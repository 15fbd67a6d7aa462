import { encodeAddress } from '../../protocol/address.ts'
import { mulBase8 } from '../../protocol/babyjubjub.ts'
import { buildBatch } from '../../protocol/buildBatch.ts'
import { deploymentDomain } from '../../protocol/domain.ts'
import { bytesToHex, formatField } from '../../protocol/field.ts'
import { deriveKeys, deriveTracePoint, seedFromMnemonic } from '../../protocol/keys.ts'
import { openMemoSlot, sealMemo } from '../../protocol/memo.ts'
import { commitNote } from '../../protocol/note.ts'
import { initialState } from '../../protocol/rollupState.ts'
import vectors from '../vectors/batch.json' with { type: 'json' }

/**
 * Keys, an address, a note, a memo and a batch, computed with nothing but protocol/: the same in
 * Node and in a browser.
 */
export function exercise() {
  const domain = deploymentDomain({
    chainId: 31337n,
    rollup: '0x5fbdb2315678afecb367f032d93f642f64180aa3',
  })
  const keys = deriveKeys(seedFromMnemonic(`${'abandon '.repeat(11)}about`), domain)
  const owner = { ownerKey: keys.ownerKey, identityIndex: 5n }
  const note = { asset: 1n, amount: 1_000_000n, owner, blinding: 7n }
  const ephemeralSecret = 123_456_789n
  const ephemeral = mulBase8(ephemeralSecret)
  const { viewingPublicKey, viewingKey } = keys
  const memo = sealMemo({
    ephemeralSecret,
    ephemeral,
    entries: [{ slot: 1, viewingPublicKey, note: { ...note, userMemo: 'hello' } }],
    randomBytes: (length) => new Uint8Array(length).fill(9),
  })
  const opened = openMemoSlot({ memo, ephemeral, viewingKey, slot: 1 })
  const state = initialState()
  const { root: noteRoot } = state.noteTree
  const { root: nullifierRoot } = state.nullifierTree
  return {
    domain: formatField(domain),
    ownerKey: formatField(keys.ownerKey),
    nullifierKey: formatField(keys.nullifierKey),
    viewingPublicKey: [viewingPublicKey.x, viewingPublicKey.y].map(formatField),
    tracePoint: formatField(deriveTracePoint(keys.nullifierKey, owner).x),
    address: encodeAddress({ owner, viewingPublicKey }, 'tcnb'),
    note: formatField(commitNote(note)),
    memo: bytesToHex(memo),
    userMemo: opened?.userMemo,
    noteRoot: formatField(noteRoot),
    nullifierRoot: formatField(nullifierRoot),
    firstBatch: firstBatch(),
  }
}

function firstBatch(): Record<'c' | 'y' | 'rho', string> {
  const [vector] = vectors.vectors
  if (vector?.circuit !== 'batch-4') throw new Error('the first vector is a batch of 4')
  const { publicInputs } = buildBatch(
    initialState(),
    {
      circuit: 'batch-4',
      batchNumber: BigInt(vector.batchNumber),
      feeRecipient: BigInt(vector.feeRecipient),
      slots: vector.slots.map((slot) => {
        const [a = 0n, b = 0n, c = 0n, d = 0n] = (slot.outputs ?? []).map(BigInt)
        const kind = slot.kind === 'collect' ? 'collect' : 'transfer'
        return { kind, nullifier: BigInt(slot.nullifier ?? 0), outputs: [a, b, c, d] }
      }),
      deposits: vector.deposits.map(({ asset, amount, recipient }) => ({
        asset: BigInt(asset),
        amount: BigInt(amount),
        recipient: BigInt(recipient),
      })),
    },
    { domain: BigInt(vector.domain) },
  )
  const { c, y, rho } = publicInputs
  return { c: formatField(c), y: formatField(y), rho: formatField(rho) }
}
