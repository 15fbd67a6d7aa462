import assert from 'node:assert/strict'
import { createDecipheriv, hkdfSync } from 'node:crypto'
import { describe, test } from 'node:test'

import { mulBase8, mulPoint, packPoint } from '../../protocol/babyjubjub.ts'
import { DEPOSIT_CIPHERTEXT_BYTES, FIELD_ORDER, MEMO_BYTES } from '../../protocol/constants.ts'
import { bigintToBytes, concatBytes } from '../../protocol/field.ts'
import { deriveKeys } from '../../protocol/keys.ts'
import {
  encodeUserMemo,
  hashMemo,
  openDeposit,
  openMemoSlot,
  openWithShared,
  sealDeposit,
  sealMemo,
} from '../../protocol/memo.ts'
import type { MemoEntry } from '../../protocol/memo.ts'
import { aDomain, fieldOf, seedOf } from '../support/identities.ts'

const alice = deriveKeys(seedOf('alice'), aDomain)
const bob = deriveKeys(seedOf('bob'), aDomain)
const ephemeralSecret = fieldOf('ephemeral') >> 4n
const ephemeral = mulBase8(ephemeralSecret)

/** A different, repeatable stream for each label. */
function randomness(label: string): (length: number) => Uint8Array {
  let calls = 0
  return (length) => {
    const blocks = Array.from({ length: Math.ceil(length / 64) }, (_, i) =>
      seedOf(`${label} ${calls} ${i}`),
    )
    calls++
    return concatBytes(...blocks).slice(0, length)
  }
}

const note = {
  asset: 3n,
  amount: (1n << 64n) - 1n,
  blinding: FIELD_ORDER - 1n,
  userMemo: 'Rechnung 42 – danke',
}
const entry = (slot: 1 | 2 | 3, keys = bob): MemoEntry => ({
  slot,
  viewingPublicKey: keys.viewingPublicKey,
  note,
})

function memoOf(entries: readonly MemoEntry[], label = 'memo'): Uint8Array {
  return sealMemo({ ephemeralSecret, ephemeral, entries, randomBytes: randomness(label) })
}

function open(memo: Uint8Array, slot: 1 | 2 | 3, keys = bob) {
  return openMemoSlot({ memo, ephemeral, viewingKey: keys.viewingKey, slot })
}

describe('memos', () => {
  test('default: each recipient opens its own slots, and no other', () => {
    const memo = memoOf([entry(1, alice), entry(3)])
    assert.deepEqual(open(memo, 1, alice), note)
    assert.deepEqual(open(memo, 3, bob), note)
    for (const [slot, keys] of [
      [1, bob],
      [2, bob],
      [2, alice],
      [3, alice],
    ] as const) {
      assert.equal(open(memo, slot, keys), undefined)
    }
  })

  test('behavior: one size and no zeros, whatever the number of recipients', () => {
    for (const entries of [[], [entry(1)], [entry(1), entry(2), entry(3)]]) {
      const memo = memoOf(entries)
      assert.equal(memo.length, MEMO_BYTES)
      const zeros = memo.filter((byte) => byte === 0).length
      assert.ok(zeros < 10, `${zeros} zero bytes of 282`)
    }
  })

  test('behavior: ChaCha20-Poly1305 under HKDF-SHA-256 of the shared point, as Node computes it', () => {
    const memo = memoOf([entry(2)])
    const shared = packPoint(mulPoint(bob.viewingPublicKey, ephemeralSecret))
    const info = concatBytes(new TextEncoder().encode('cinnabar.note'), Uint8Array.of(2))
    const key = new Uint8Array(hkdfSync('sha256', shared, packPoint(ephemeral), info, 32))
    const ciphertext = memo.slice(12 + 90, 12 + 2 * 90)
    const decipher = createDecipheriv('chacha20-poly1305', key, memo.slice(0, 12), {
      authTagLength: 16,
    })
    decipher.setAuthTag(ciphertext.slice(-16))
    const plaintext = concatBytes(decipher.update(ciphertext.slice(0, -16)), decipher.final())
    assert.deepEqual(
      plaintext,
      concatBytes(
        bigintToBytes(note.asset, 2),
        bigintToBytes(note.amount, 8),
        bigintToBytes(note.blinding, 32),
        encodeUserMemo(note.userMemo),
      ),
    )
  })

  test('behavior: a changed user memo under the same e has a fresh nonce', () => {
    const [one, two] = [memoOf([entry(1)], 'one'), memoOf([entry(1)], 'two')]
    assert.notDeepEqual(one.slice(0, 12), two.slice(0, 12))
    assert.deepEqual(open(two, 1), note)
  })

  test('behavior: every byte is bound: a changed one is not opened', () => {
    const memo = memoOf([entry(1), entry(2), entry(3)])
    for (let i = 0; i < memo.length; i++) {
      const changed = memo.with(i, (memo[i] ?? 0) ^ 1)
      const slot = i < 12 ? 1 : ((Math.floor((i - 12) / 90) + 1) as 1 | 2 | 3)
      assert.equal(open(changed, slot), undefined, `byte ${i}`)
      assert.notEqual(hashMemo(changed), hashMemo(memo))
    }
  })

  test('behavior: a slot moved to another place is not opened', () => {
    const memo = memoOf([entry(1)])
    const moved = concatBytes(
      memo.slice(0, 12),
      memo.slice(102, 192),
      memo.slice(12, 102),
      memo.slice(192),
    )
    assert.equal(moved.length, MEMO_BYTES)
    assert.equal(open(moved, 2), undefined)
  })

  test('behavior: a shared point at hand serves all slots', () => {
    const memo = memoOf([entry(1), entry(2)])
    const shared = mulPoint(ephemeral, bob.viewingKey)
    const opened = ([1, 2, 3] as const).map((slot) =>
      openWithShared({ memo, ephemeral, shared, slot }),
    )
    assert.deepEqual(opened, [note, note, undefined])
  })

  test('error: memos of another length', () => {
    for (const length of [0, 281, 283]) {
      assert.throws(() => hashMemo(new Uint8Array(length)), { code: 'ENCODING_INVALID' })
      assert.throws(() => open(new Uint8Array(length), 1), { code: 'ENCODING_INVALID' })
    }
  })

  test('error: user memos of more than 32 bytes of UTF-8', () => {
    assert.equal(encodeUserMemo('x'.repeat(32)).length, 32)
    assert.throws(() => encodeUserMemo('x'.repeat(33)), { code: 'ENCODING_INVALID' })
    assert.throws(() => encodeUserMemo('漢'.repeat(11)), { code: 'ENCODING_INVALID' })
  })
})

describe('deposit ciphertexts', () => {
  const sealed = (blinding: bigint): Uint8Array =>
    sealDeposit({
      viewingPublicKey: bob.viewingPublicKey,
      blinding,
      ephemeralSecret,
      ephemeral,
      randomBytes: randomness('deposit'),
    })

  test('default: 92 bytes that the payee opens and nobody else', () => {
    for (const blinding of [0n, FIELD_ORDER - 1n, fieldOf('blinding')]) {
      const ciphertext = sealed(blinding)
      assert.equal(ciphertext.length, DEPOSIT_CIPHERTEXT_BYTES)
      assert.equal(openDeposit({ ciphertext, viewingKey: bob.viewingKey }), blinding)
      assert.equal(openDeposit({ ciphertext, viewingKey: alice.viewingKey }), undefined)
    }
  })

  test('behavior: noise, points of low order and other lengths are not opened, and do not throw', () => {
    const ciphertext = sealed(5n)
    for (let i = 0; i < ciphertext.length; i += 7) {
      const changed = ciphertext.with(i, (ciphertext[i] ?? 0) ^ 1)
      assert.equal(openDeposit({ ciphertext: changed, viewingKey: bob.viewingKey }), undefined)
    }
    for (const y of [0n, 1n, FIELD_ORDER - 1n, FIELD_ORDER]) {
      const changed = concatBytes(bigintToBytes(y, 32), ciphertext.slice(32))
      assert.equal(openDeposit({ ciphertext: changed, viewingKey: bob.viewingKey }), undefined)
    }
    for (const length of [0, 91, 93]) {
      const noise = new Uint8Array(length)
      assert.equal(openDeposit({ ciphertext: noise, viewingKey: bob.viewingKey }), undefined)
    }
  })
})
