import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'

import { createKeystore, openKeystore } from '../../wallet/keystore.ts'
import { createWallet, openWallet, updateState } from '../../wallet/wallet.ts'
import { recordedDeployment } from '../support/recordedChain.ts'
import { aFolder, mnemonics, passphrase } from '../support/wallets.ts'

const folders: ReturnType<typeof aFolder>[] = []
after(() => {
  for (const folder of folders) folder.remove()
})

function newFolder(): string {
  const folder = aFolder()
  folders.push(folder)
  return join(folder.path, 'wallet')
}

const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length))
const deployment = { chainId: 31_337n, rollup: recordedDeployment.rollup }

async function aKeystore() {
  const dir = newFolder()
  const mnemonic = mnemonics.alice
  const keystore = await createKeystore({ randomBytes }, { dir, mnemonic, passphrase, deployment })
  return { dir, keystore, file: join(dir, 'wallet.json') }
}

describe('keystore', () => {
  test('default: the words come back with the passphrase, and are not in the file', async () => {
    const { dir, keystore, file } = await aKeystore()
    const opened = await openKeystore({ dir, passphrase })
    assert.equal(opened.mnemonic, mnemonics.alice)
    assert.deepEqual(opened.storageKey, keystore.storageKey)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(statSync(dir).mode & 0o777, 0o700)
    const text = readFileSync(file, 'utf8')
    assert.doesNotMatch(text, /junk/)
    const { kdf } = (JSON.parse(text) as { secret: { kdf: { N: number; name: string } } }).secret
    assert.equal(kdf.name, 'scrypt')
    assert.ok(kdf.N >= 2 ** 17)
  })

  test('rejects: another passphrase, without saying more than that', async () => {
    const { dir } = await aKeystore()
    await assert.rejects(openKeystore({ dir, passphrase: `${passphrase} ` }), {
      code: 'WALLET_PASSPHRASE_WRONG',
    })
  })

  test('rejects: any change of the file', async () => {
    const { dir, file } = await aKeystore()
    type File = {
      deployment: { chainId: string; rollup: string }
      secret: { nonce: string; ciphertext: string; kdf: { N: number; salt: string } }
    }
    const text = readFileSync(file, 'utf8')
    const flip = (hex: string) => `${hex.slice(0, -1)}${hex.endsWith('0') ? '1' : '0'}`
    const changes: [string, (file: File) => void][] = [
      ['WALLET_PASSPHRASE_WRONG', ({ secret }) => (secret.ciphertext = flip(secret.ciphertext))],
      ['WALLET_PASSPHRASE_WRONG', ({ secret }) => (secret.nonce = flip(secret.nonce))],
      ['WALLET_PASSPHRASE_WRONG', ({ secret }) => (secret.kdf.salt = flip(secret.kdf.salt))],
      ['ENCODING_INVALID', ({ secret }) => (secret.kdf.N = 2 ** 12)],
      ['ENCODING_INVALID', ({ secret }) => (secret.kdf.N = 2 ** 30)],
      ['WALLET_DEPLOYMENT_MISMATCH', ({ deployment: name }) => (name.chainId = '1')],
      ['WALLET_FILE_UNUSABLE', ({ secret }) => (secret.ciphertext = 'nothing')],
    ]
    for (const [code, change] of changes) {
      const changed = JSON.parse(text) as File
      change(changed)
      writeFileSync(file, JSON.stringify(changed))
      await assert.rejects(openKeystore({ dir, passphrase }), { code }, code)
    }
    writeFileSync(file, text.slice(0, 40))
    await assert.rejects(openKeystore({ dir, passphrase }), { code: 'WALLET_FILE_UNUSABLE' })
    writeFileSync(file, text)
    await openKeystore({ dir, passphrase })
  })

  test('rejects: a second wallet in the folder, a short passphrase, words that are none', async () => {
    const { dir, file } = await aKeystore()
    const before = readFileSync(file)
    const create = (mnemonic: string, secret: string, into = newFolder()) =>
      createKeystore({ randomBytes }, { dir: into, mnemonic, passphrase: secret, deployment })
    await assert.rejects(create(mnemonics.bob, passphrase, dir), { code: 'WALLET_EXISTS' })
    assert.deepEqual(readFileSync(file), before)
    await assert.rejects(create(mnemonics.bob, 'short'), { code: 'WALLET_PASSPHRASE_WEAK' })
    const words = mnemonics.bob.replace('about', 'abandon')
    await assert.rejects(create(words, passphrase), { code: 'MNEMONIC_INVALID' })
    await assert.rejects(openKeystore({ dir: newFolder(), passphrase }), {
      code: 'WALLET_NOT_FOUND',
    })
  })
})

describe('wallet files', () => {
  async function aWallet() {
    const dir = newFolder()
    const wallet = await createWallet(
      {},
      { dir, passphrase, deployment: recordedDeployment, mnemonic: mnemonics.alice },
    )
    return {
      dir,
      wallet,
      open: () => openWallet({}, { dir, passphrase, deployment: recordedDeployment }),
    }
  }

  test('behavior: the state is encrypted, and a changed file is refused', async () => {
    const { dir, wallet, open } = await aWallet()
    const secret = { counter: 0n, asset: 1n, amount: 0x51_52_53_54n, recipient: 5n }
    updateState(wallet, {
      depositIntents: [{ ...secret, ciphertext: Uint8Array.of(1, 2, 3), createdAt: 7 }],
    })
    wallet.close()
    const again = await open()
    assert.deepEqual(again.state.depositIntents, wallet.state.depositIntents)
    again.close()

    const file = join(dir, 'state.bin')
    const bytes = readFileSync(file)
    assert.doesNotMatch(bytes.toString('latin1'), /ledger|51525354/)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    const changed = Buffer.from(bytes)
    changed[100]! ^= 1
    writeFileSync(file, changed)
    await assert.rejects(open(), { code: 'WALLET_FILE_UNUSABLE' })
    // The refusal gave the lock back.
    writeFileSync(file, bytes)
    ;(await open()).close()
  })

  test('behavior: a wallet is open in one process at a time', async () => {
    const { dir, wallet, open } = await aWallet()
    await assert.rejects(open(), { code: 'WALLET_LOCKED' })
    wallet.close()
    ;(await open()).close()
    // A lock whose process is gone is taken over: ids above the kernel's limit never run.
    writeFileSync(join(dir, 'lock'), '99999999')
    const taken = await open()
    assert.equal(readFileSync(join(dir, 'lock'), 'utf8'), String(process.pid))
    taken.close()
    assert.equal(existsSync(join(dir, 'lock')), false)
  })

  test('rejects: a wallet of another deployment', async () => {
    const { dir, wallet } = await aWallet()
    wallet.close()
    const other = { ...recordedDeployment, rollup: `0x${'1'.repeat(40)}` as const }
    await assert.rejects(openWallet({}, { dir, passphrase, deployment: other }), {
      code: 'WALLET_DEPLOYMENT_MISMATCH',
    })
  })
})
