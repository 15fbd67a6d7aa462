import assert from 'node:assert/strict'
import { truncateSync, writeFileSync } from 'node:fs'
import { after, describe, test } from 'node:test'
import { openKernels, openPortableKernels } from '../../prover/kernels.ts'
import { openTransferNotes } from '../../wallet/openReceivedNotes.ts'
import { ownerOf } from '../../wallet/ledger.ts'
import { syncSettled } from '../../wallet/syncSettled.ts'
import { tryCiphertexts } from '../../wallet/tryCiphertexts.ts'
import { createWallet, openWallet } from '../../wallet/wallet.ts'
import '../support/lightPassphrases.ts'
import { recordedDeployment as deployment } from '../support/recordedChain.ts'
import { syntheticChain } from '../support/syntheticChain.ts'
import { aFolder, mnemonics, passphrase } from '../support/wallets.ts'

const folder = aFolder()
after(folder.remove)

async function aSyncedWallet(name: string) {
  const dir = `${folder.path}/${name}`
  const wallet = await createWallet({}, { dir, passphrase, deployment, mnemonic: mnemonics.alice })
  const chain = await syntheticChain({
    kernels: openKernels(),
    transfers: 400,
    payee: { keys: wallet.keys, identityIndex: 20n, every: 10 },
  })
  await syncSettled({ wallet, chain })
  return { dir, wallet, chain }
}

describe('sync in stretches', () => {
  test('behavior: together are found the notes that are found one by one', async () => {
    const { wallet, chain } = await aSyncedWallet('trials')
    const { number } = await chain.getHead()
    const events = await chain.getEvents({ from: 1n, to: number })
    const transfers = events.flatMap((event) =>
      event.type === 'batchSettled' ? event.transfers : [],
    )
    const reader = { keys: wallet.keys, owner: ownerOf(wallet.state.ledger, wallet.keys)! }
    const some = transfers.filter((_, i) => i % 10 > 7)
    const alone = some.flatMap((transfer) => openTransferNotes(reader, transfer))
    assert.equal(alone.length, 40)
    for (const kernels of [openKernels(), openPortableKernels()]) {
      const { viewingKey } = wallet.keys
      const trials = await tryCiphertexts({ kernels, viewingKey }, events)
      assert.equal(trials.size, 40)
      assert.deepEqual(
        some.flatMap((transfer) => openTransferNotes({ ...reader, trials }, transfer)),
        alone,
      )
    }
    assert.deepEqual(
      wallet.state.ledger.notes.map(({ leafIndex }) => leafIndex),
      alone.map(({ leafIndex }) => leafIndex),
    )
    wallet.close()
  })

  test('behavior: an opened wallet has the tree, also when inner nodes were lost or edges spoilt', async () => {
    const { dir, wallet, chain } = await aSyncedWallet('files')
    const { ledger } = wallet.state
    const index = Number(ledger.notes[0]!.leafIndex)
    const path = wallet.trees.noteTree.path(index)
    wallet.close()
    const damages = [
      () => {},
      // As a crash between the leaves and the state leaves it.
      () => writeFileSync(`${dir}/leaves.bin`, new Uint8Array(4_096).fill(1), { flag: 'a' }),
      () => truncateSync(`${dir}/nodes/1.bin`, 128),
      () => writeFileSync(`${dir}/nodes/4.bin`, new Uint8Array(128).fill(2)),
    ]
    for (const damage of damages) {
      damage()
      const again = await openWallet({}, { dir, passphrase, deployment })
      assert.deepEqual(again.state.ledger, ledger)
      assert.equal(again.trees.noteTree.root, ledger.noteRoot)
      assert.deepEqual(again.trees.noteTree.path(index), path)
      again.close()
    }
    // Leaves that were lost are read again from the chain.
    truncateSync(`${dir}/leaves.bin`, 1_024)
    const empty = await openWallet({}, { dir, passphrase, deployment })
    assert.equal(empty.state.ledger.batchNumber, 0n)
    await syncSettled({ wallet: empty, chain })
    assert.deepEqual(empty.state.ledger, ledger)
    empty.close()
  })
})
