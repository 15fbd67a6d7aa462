import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type Destination, hashDestination, type Identity } from '../../protocol/identity.ts'
import { deriveTracePoint } from '../../protocol/keys.ts'
import type { Groth16Proof } from '../../prover/proof.ts'
import { makeDepositNote } from '../../wallet/depositNote.ts'
import { ownerOf } from '../../wallet/ledger.ts'
import type { PayDependencies } from '../../wallet/pay.ts'
import { syncSettled } from '../../wallet/syncSettled.ts'
import { createWallet, openWallet, updateState, type Wallet } from '../../wallet/wallet.ts'
import { fieldOf } from './identities.ts'
import { RecordedChain, recordedDeployment } from './recordedChain.ts'

export const passphrase = 'correct horse battery'
export const ether = 1n
export const token = 2n

/** Recovery words that depend on nobody's randomness. */
export const mnemonics = {
  alice: 'test test test test test test test test test test test junk',
  bob: 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about',
  carol: 'legal winner thank year wave sausage worth useful legal winner thank yellow',
} as const
export type Name = keyof typeof mnemonics

const proof: Groth16Proof = {
  a: { x: 1n, y: 2n },
  b: { x: { real: 3n, imaginary: 4n }, y: { real: 5n, imaginary: 6n } },
  c: { x: 7n, y: 8n },
}
/** A proof that nobody looks at: recorded chains do not verify. */
export const unprovenProver: PayDependencies['prover'] = {
  prove: (_circuit, _inputs, { onPhase } = {}) => {
    onPhase?.('witness')
    onPhase?.('proof')
    return Promise.resolve({
      proof,
      publicSignals: [],
      timings: { queuedMs: 0, loadMs: 0, witnessMs: 0, proofMs: 0, verifyMs: 0 },
    } as never)
  },
}

/** A chain with two assets, policies for tiers 1 and 2, and one audit-key epoch. */
export function aChain(): RecordedChain {
  const chain = new RecordedChain()
  chain.listAsset({ asset: ether, unit: 10n ** 12n })
  chain.listAsset({ asset: token, unit: 1n })
  chain.publishPolicies(
    [1n, 2n].flatMap((tier) =>
      [ether, token].map((asset) => ({
        tier,
        asset,
        perTransfer: 1_000n * tier,
        perDay: 5_000n * tier,
        accountCap: 100_000n,
        reportAbove: 3_000n * tier,
      })),
    ),
  )
  chain.scheduleEpoch(1n, chain.day - 10n)
  return chain
}

/** Folders of wallets that disappear with the test. */
export function aFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'cinnabar-wallet-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export type Person = PayDependencies & {
  name: Name
  wallet: Wallet
  chain: RecordedChain
  identity: Identity
  destination: Destination
  folder: string
  /** As after a crash: nothing is given back but the lock of the folder. */
  reopen(): Promise<void>
  sync(): Promise<void>
  close(): void
}

const indexes: Readonly<Record<Name, bigint>> = { alice: 5n, bob: 6n, carol: 7n }

/** A person with a wallet and a filed identity, synced. */
export async function aPersonWithWallet(
  chain: RecordedChain,
  name: Name,
  {
    identity: overrides = {},
    isRegistered = true,
    folder = aFolder(),
  }: {
    identity?: Partial<Identity>
    isRegistered?: boolean
    folder?: ReturnType<typeof aFolder>
  } = {},
): Promise<Person> {
  const dir = join(folder.path, name)
  const now = () => Number(chain.day) * 86_400
  const wallet = await createWallet(
    { now },
    { dir, passphrase, deployment: recordedDeployment, mnemonic: mnemonics[name] },
  )
  const index = indexes[name]
  const destination: Destination = { kind: 'address', address: fieldOf(`${name} home`) >> 94n }
  const identity: Identity = {
    ownerKey: wallet.keys.ownerKey,
    tier: 2n,
    jurisdiction: 756n,
    expiryDay: 40_000n,
    status: 1n,
    suspendedUntil: 0n,
    destination: hashDestination(destination),
    tracePoint: deriveTracePoint(wallet.keys.nullifierKey, {
      ownerKey: wallet.keys.ownerKey,
      identityIndex: index,
    }),
    salt: fieldOf(`${name} salt`),
    ...overrides,
  }
  const person: Person = {
    ...{ name, wallet, chain, identity, destination, folder: dir },
    api: chain.api(),
    prover: unprovenProver,
    async reopen() {
      person.wallet.close()
      person.wallet = await openWallet({ now }, { dir, passphrase, deployment: recordedDeployment })
    },
    async sync() {
      await syncSettled({ wallet: person.wallet, chain })
    },
    close() {
      person.wallet.close()
      folder.remove()
    },
  }
  if (isRegistered) {
    chain.setIdentity(index, identity)
    updateState(wallet, { identities: [{ index, identity, destination }] })
    await person.sync()
  }
  return person
}

/** Queues a deposit of this person to itself; it settles with the next batch. */
export function queueDeposit(
  { wallet, chain }: Pick<Person, 'wallet' | 'chain'>,
  {
    asset = ether,
    amount,
    counter = 0n,
    ciphertext = 'sealed',
  }: { asset?: bigint; amount: bigint; counter?: bigint; ciphertext?: 'sealed' | 'noise' },
): bigint {
  const owner = ownerOf(wallet.state.ledger, wallet.keys)!
  const note = makeDepositNote(
    { keys: wallet.keys, owner, randomBytes: wallet.randomBytes },
    { counter },
  )
  const noise = new Uint8Array(note.ciphertext.length).fill(7)
  return chain.queueDeposit({
    asset,
    amount,
    recipient: note.recipient,
    ciphertext: ciphertext === 'noise' ? noise : note.ciphertext,
  })
}
