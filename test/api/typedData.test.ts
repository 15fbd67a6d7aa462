import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hashTypedData, recoverTypedDataAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import {
  addressOfKey,
  hashAnchor,
  hashBondOwner,
  hashReceipt,
  signDigest,
  verifyAnchor,
  verifyReceipt,
} from '../../api/index.ts'
import { bytesToHex, formatField, hexToBytes } from '../../protocol/field.ts'

const rollup = '0x00000000000000000000000000000000000000aa'
const domain = { chainId: 31_337n, rollup } as const
const key = hexToBytes(`0x${'1f'.repeat(32)}`)
const account = privateKeyToAccount(bytesToHex(key))
const eip712Domain = {
  name: 'Cinnabar',
  version: '1',
  chainId: 31_337,
  verifyingContract: rollup,
} as const
const unsignedReceipt = {
  statementId: formatField(7n),
  admittedAt: 1_790_000_000_123,
  settleBy: 1_790_003_600,
  sequencer: addressOfKey(key),
}
const unsignedAnchor = {
  batchNumber: 3,
  parentNoteRoot: formatField(1n),
  parentNullifierRoot: formatField(2n),
  noteRoot: formatField(3n),
  nullifierRoot: formatField(4n),
  slotCount: 20,
  sequencer: addressOfKey(key),
}

describe('typed data', () => {
  test('behavior: the receipt digest is EIP-712 as wallets compute it', async () => {
    const typed = {
      domain: eip712Domain,
      primaryType: 'Receipt',
      types: {
        Receipt: [
          { name: 'statementId', type: 'bytes32' },
          { name: 'admittedAt', type: 'uint64' },
          { name: 'settleBy', type: 'uint64' },
          { name: 'sequencer', type: 'address' },
        ],
      },
      message: {
        ...unsignedReceipt,
        admittedAt: BigInt(unsignedReceipt.admittedAt),
        settleBy: BigInt(unsignedReceipt.settleBy),
      },
    } as const
    const digest = hashReceipt(domain, unsignedReceipt)
    assert.equal(bytesToHex(digest), hashTypedData(typed))
    const signature = signDigest(key, digest)
    assert.equal(signature, await account.signTypedData(typed))
    assert.equal(await recoverTypedDataAddress({ ...typed, signature }), account.address)
  })

  test('behavior: so is the consent to the owner of a bond', async () => {
    const owner = { owner: account.address, bond: rollup } as const
    const typed = {
      domain: eip712Domain,
      primaryType: 'BondOwner',
      types: {
        BondOwner: [
          { name: 'owner', type: 'address' },
          { name: 'bond', type: 'address' },
        ],
      },
      message: owner,
    } as const
    const digest = hashBondOwner(domain, owner)
    assert.equal(bytesToHex(digest), hashTypedData(typed))
    assert.equal(signDigest(key, digest), await account.signTypedData(typed))
  })

  test('behavior: the anchor digest is EIP-712 as wallets compute it', async () => {
    const typed = {
      domain: eip712Domain,
      primaryType: 'Anchor',
      types: {
        Anchor: [
          { name: 'batchNumber', type: 'uint64' },
          { name: 'parentNoteRoot', type: 'uint256' },
          { name: 'parentNullifierRoot', type: 'uint256' },
          { name: 'noteRoot', type: 'uint256' },
          { name: 'nullifierRoot', type: 'uint256' },
          { name: 'slotCount', type: 'uint64' },
          { name: 'sequencer', type: 'address' },
        ],
      },
      message: {
        ...unsignedAnchor,
        batchNumber: 3n,
        parentNoteRoot: 1n,
        parentNullifierRoot: 2n,
        noteRoot: 3n,
        nullifierRoot: 4n,
        slotCount: 20n,
      },
    } as const
    const digest = hashAnchor(domain, unsignedAnchor)
    assert.equal(bytesToHex(digest), hashTypedData(typed))
    assert.equal(signDigest(key, digest), await account.signTypedData(typed))
  })

  test('accepts: what the sequencer signed', () => {
    const receipt = {
      ...unsignedReceipt,
      signature: signDigest(key, hashReceipt(domain, unsignedReceipt)),
    }
    assert.equal(verifyReceipt(domain, receipt, account.address), true)
    const anchor = {
      ...unsignedAnchor,
      signature: signDigest(key, hashAnchor(domain, unsignedAnchor)),
    }
    assert.equal(verifyAnchor(domain, anchor, account.address), true)
  })

  test('rejects: another signer, any changed field, another deployment, a twin signature', () => {
    const signature = signDigest(key, hashAnchor(domain, unsignedAnchor))
    const anchor = { ...unsignedAnchor, signature }
    const receipt = {
      ...unsignedReceipt,
      signature: signDigest(key, hashReceipt(domain, unsignedReceipt)),
    }
    for (const changed of [{ admittedAt: 1 }, { settleBy: 0 }, { statementId: formatField(8n) }]) {
      assert.equal(verifyReceipt(domain, { ...receipt, ...changed }, account.address), false)
    }
    assert.equal(verifyAnchor(domain, anchor, rollup), false)
    for (const changed of [
      { batchNumber: 4 },
      { parentNoteRoot: formatField(9n) },
      { parentNullifierRoot: formatField(9n) },
      { noteRoot: formatField(9n) },
      { nullifierRoot: formatField(9n) },
      { slotCount: 24 },
    ]) {
      assert.equal(verifyAnchor(domain, { ...anchor, ...changed }, account.address), false)
    }
    assert.equal(verifyAnchor({ ...domain, chainId: 1n }, anchor, account.address), false)
    // (r, n − s, v flipped) also satisfies ECDSA; only one of the two forms is accepted.
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const s = order - BigInt(`0x${signature.slice(66, 130)}`)
    const v = signature.endsWith('1b') ? '1c' : '1b'
    const twin = `${signature.slice(0, 66)}${formatField(s).slice(2)}${v}` as const
    assert.equal(
      verifyAnchor(domain, { ...anchor, signature: twin as `0x${string}` }, account.address),
      false,
    )
    for (const malformed of ['0x', `0x${'00'.repeat(65)}`, `${signature}00`] as const) {
      assert.equal(
        verifyAnchor(domain, { ...anchor, signature: malformed }, account.address),
        false,
      )
    }
  })
})
