import {
  commitAccount,
  deriveAccountBlinding,
  deriveGenesisNullifier,
  deriveNullifier,
  genesisAccount,
  packAccountWord,
} from '../../protocol/account.ts'
import { encodeAddress } from '../../protocol/address.ts'
import { deploymentDomain } from '../../protocol/domain.ts'
import { bytesToHex, formatField } from '../../protocol/field.ts'
import {
  deriveKeys,
  deriveTracePoint,
  deriveTraceSecret,
  seedFromMnemonic,
} from '../../protocol/keys.ts'
import { commitNote, deriveRecipient } from '../../protocol/note.ts'
import { fieldOf } from '../support/identities.ts'
import { aDay, aDestination, aTransfer, aWorld, ownerOf } from '../support/transfers.ts'
import type { TransferOptions } from '../support/transfers.ts'

/** BIP-39's own first test vectors: known to everybody, so never anybody's money. */
const mnemonics = [
  'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about',
  'legal winner thank year wave sausage worth useful legal winner thank yellow',
]
const deployments = [
  { chainId: 31337n, rollup: '0x5fbdb2315678afecb367f032d93f642f64180aa3' },
  { chainId: 1n, rollup: '0x5fbdb2315678afecb367f032d93f642f64180aa3' },
] as const

const { alice, bob, carol } = aWorld()
const home = aDestination.kind === 'address' ? aDestination.address : 0n

/** Vectors of keys, notes, accounts and transfers. Everything in them is for tests alone. */
export function generate(): Promise<Map<string, string>> {
  const files = { keys: keys(), note: notes(), account: accounts(), transfer: transfers() }
  return Promise.resolve(
    new Map(
      Object.entries(files).map(([name, vectors]) => [
        `test/vectors/${name}.json`,
        `${JSON.stringify({ vectors: encode(vectors) }, null, 2)}\n`,
      ]),
    ),
  )
}

function keys(): unknown[] {
  return mnemonics.flatMap((mnemonic, i) =>
    deployments.map((deployment) => {
      const domain = deploymentDomain(deployment)
      const derived = deriveKeys(seedFromMnemonic(mnemonic), domain)
      const owner = { ownerKey: derived.ownerKey, identityIndex: 5n }
      return {
        name: `mnemonic ${i + 1}, chain ${deployment.chainId}`,
        about: 'Keys of a seed in a deployment, and its trace key and address at index 5.',
        mnemonic,
        chainId: deployment.chainId.toString(),
        rollup: deployment.rollup,
        domain,
        ...derived,
        identityIndex: owner.identityIndex,
        traceSecret: deriveTraceSecret(derived.nullifierKey, owner),
        tracePoint: deriveTracePoint(derived.nullifierKey, owner),
        address: encodeAddress({ owner, viewingPublicKey: derived.viewingPublicKey }, 'tcnb'),
      }
    }),
  )
}

function notes(): unknown[] {
  const cases = {
    'an ordinary note': { asset: 7n, amount: 30n, owner: ownerOf(bob) },
    'the largest fields': { asset: 65_535n, amount: (1n << 64n) - 1n, owner: ownerOf(carol) },
    zeros: { asset: 0n, amount: 0n, owner: { ownerKey: 0n, identityIndex: 0n } },
  }
  return Object.entries(cases).map(([name, fields], i) => {
    const note = { ...fields, blinding: fieldOf(`note vector ${i}`) }
    return {
      name,
      about: 'A note, what it is locked to, and its commitment.',
      ...note,
      recipient: deriveRecipient(note.owner, note.blinding),
      commitment: commitNote(note),
    }
  })
}

function accounts(): unknown[] {
  const { nullifierKey } = alice.keys
  const owner = ownerOf(alice)
  const max = (bits: bigint): bigint => (1n << bits) - 1n
  const cases = {
    'an account in use': aWorld().account,
    'the largest fields': {
      owner: { ...owner, identityIndex: max(20n) },
      asset: max(16n),
      balance: max(64n),
      nonce: max(32n),
      cursor: 1n << 36n,
      day: max(16n),
      spentToday: max(64n),
      blinding: fieldOf('account vector'),
    },
    zeros: genesisAccount(owner, 0n),
  }
  return Object.entries(cases).map(([name, account]) => {
    const commitment = commitAccount(account)
    const nullifier = deriveNullifier(nullifierKey, commitment)
    return {
      name,
      about:
        'An account note, its word, both nullifiers, and the next blinding of outputs 1, 2, 3.',
      account,
      nullifierKey,
      word: packAccountWord(account),
      commitment,
      nullifier,
      genesisNullifier: deriveGenesisNullifier(nullifierKey, account.owner, account.asset),
      nextBlinding: deriveAccountBlinding(nullifierKey, nullifier, [1n, 2n, 3n]),
    }
  })
}

const statements: Record<string, [about: string, options: TransferOptions]> = {
  'one payment': ['Takes in 100, pays 30 to bob and a fee of 2.', {}],
  'three payments and a withdrawal': [
    'A new day; one payment is to oneself and counts towards no limit.',
    {
      day: aDay + 1n,
      payments: [
        { to: bob, amount: 30n, userMemo: 'rent' },
        { to: alice, amount: 20n },
        { to: carol, amount: 10n, userMemo: 'thanks' },
      ],
      withdrawal: { amount: 5n, recipient: home },
    },
  ],
  genesis: [
    'An account is opened by taking in its first note.',
    { isGenesis: true, payments: [], fee: 0n },
  ],
  exit: [
    'A suspended identity withdraws to its destination.',
    {
      isExit: true,
      identity: { suspendedUntil: aDay + 1n },
      payments: [],
      inputs: [],
      withdrawal: { amount: 900n, recipient: home },
    },
  ],
  'a day above the threshold': [
    'The day’s sum passes reportAbove: the investigation record is for key L.',
    { account: { spentToday: 1_980n } },
  ],
  collect: [
    'Six notes are taken in, nothing is paid.',
    {
      circuit: 'collect',
      inputs: [1n, 2n, 3n, 4n, 5n, 6n].map((amount) => ({ amount })),
      payments: [],
      fee: 1n,
    },
  ],
}

function transfers(): unknown[] {
  return Object.entries(statements).map(([name, [about, options]]) => {
    const { publicInputs, circuitInputs, memo, nextAccount, intent } = aTransfer(options)
    return {
      name,
      about,
      circuit: intent.circuit,
      publicInputs,
      nextAccount,
      memo,
      circuitInputs: Object.fromEntries(
        Object.entries(circuitInputs).filter(([signal]) => !(signal in publicInputs)),
      ),
    }
  })
}

/** Field elements as 0x and 64 digits, bytes as 0x and hex; the rest as it is. */
function encode(value: unknown): unknown {
  if (typeof value === 'bigint') return formatField(value)
  if (value instanceof Uint8Array) return bytesToHex(value)
  if (Array.isArray(value)) return value.map(encode)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, encode(inner)]))
}
