import { join } from 'node:path'
import type { ApiClient, TransferSubmission } from '../../api/index.ts'
import { encodeSubmission } from '../../api/index.ts'
import type { Devnet } from '../../demo/devnet.ts'
import { depositCall } from '../../l1/calls.ts'
import type { ChainEventOf } from '../../l1/chainEvents.ts'
import { getEntryFee } from '../../l1/reads.ts'
import { submitTransaction } from '../../l1/submitTransaction.ts'
import { createTransactionAccount } from '../../l1/transactionAccount.ts'
import { fileTransactionStore } from '../../l1/transactionStore.ts'
import { type Account, commitAccount, genesisAccount } from '../../protocol/account.ts'
import { buildTransfer } from '../../protocol/buildTransfer.ts'
import {
  IDENTITY_TREE_DEPTH,
  NOTE_TREE_DEPTH,
  type TransferCircuit,
} from '../../protocol/constants.ts'
import { formatField } from '../../protocol/field.ts'
import { type Destination, hashIdentity, type Identity } from '../../protocol/identity.ts'
import { commitNote, type Note } from '../../protocol/note.ts'
import { buildPolicyTree } from '../../protocol/policy.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import { buildRegistration } from '../../protocol/registration.ts'
import { MerkleTree } from '../../protocol/tree.ts'
import { proofToWords } from '../../prover/proof.ts'
import { publishIdentity } from '../../regulator/publishIdentity.ts'
import { makeDepositNote } from '../../wallet/depositNote.ts'
import { aPerson, type Person } from './identities.ts'
import { addressOf, ownerOf, seededBytes } from './transfers.ts'

// Payers with real proofs on a real chain, for tests of the sequencer: as little of a wallet as will do.

export type LivePayer = {
  readonly person: Person
  /** Newest account states by asset, with where their notes stand; absent before the first transfer. */
  readonly accounts: Map<bigint, { account: Account; index: number | undefined }>
}

/** A person whose identity is proved and published on the devnet's chain. */
export async function registerPayer(
  devnet: Devnet,
  { name, index, ...fields }: { name: string; index: bigint } & Partial<Identity>,
): Promise<LivePayer> {
  const { client, deployment, prover, reader, accounts, dir, investigationKey } = devnet
  const { domain } = deployment
  const person = aPerson(name, index, fields, domain)
  const head = await reader.getHead()
  const events = await reader.getEvents({ from: deployment.startBlock, to: head.number })
  const updates = events.filter(
    (event): event is ChainEventOf<'identityUpdated'> => event.type === 'identityUpdated',
  )
  const tree = new MerkleTree(IDENTITY_TREE_DEPTH)
  for (const update of updates) tree.setLeaf(Number(update.index), update.newLeaf)
  const { identity, keys } = person
  const registration = buildRegistration({ keys, identity, index, domain })
  const { proof } = await prover.prove('registration', registration.circuitInputs)
  await publishIdentity(
    {
      client,
      deployment,
      prover,
      account: createTransactionAccount(accounts.registrar.privateKey),
      store: fileTransactionStore(join(dir, 'registrar-transactions.json')),
      randomBytes: seededBytes(`registrar ${name}`),
    },
    {
      registry: { tree, root: tree.root, updates, nameOf: () => undefined },
      index: Number(index),
      next: identity,
      reference: name,
      auditKeyI: investigationKey.auditKey,
      acceptance: {
        type: 'cinnabar.identity-acceptance',
        version: 1,
        domain: formatField(domain),
        index: Number(index),
        identity: {
          ownerKey: formatField(identity.ownerKey),
          tier: Number(identity.tier),
          jurisdiction: Number(identity.jurisdiction),
          expiryDay: Number(identity.expiryDay),
          status: Number(identity.status),
          destination: formatField(identity.destination),
          tracePoint: {
            x: formatField(identity.tracePoint.x),
            y: formatField(identity.tracePoint.y),
          },
          salt: formatField(identity.salt),
        },
        leaf: formatField(hashIdentity(identity)),
        proof: proofToWords(proof).map(formatField),
        publicInputs: publicInputsToArray('registration', registration.publicInputs).map(
          formatField,
        ),
      },
    },
  )
  return { person, accounts: new Map() }
}

/** Deposits ETH to the payer itself; the note becomes spendable once its batch is sealed. */
export async function depositEther(
  { client, deployment, accounts, dir }: Devnet,
  { person }: LivePayer,
  { amount, counter }: { amount: bigint; counter: bigint },
): Promise<Note> {
  const [ether] = deployment.assets
  if (ether === undefined) throw new Error('the devnet lists no asset')
  const owner = ownerOf(person)
  const { recipient, blinding, ciphertext } = makeDepositNote(
    { keys: person.keys, owner, randomBytes: seededBytes(`deposit ${String(counter)}`) },
    { counter },
  )
  await submitTransaction({
    client,
    account: createTransactionAccount(accounts.ada.privateKey),
    store: fileTransactionStore(join(dir, 'ada-transactions.json')),
    purpose: `deposit ${String(person.index)} ${String(counter)}`,
    chainId: deployment.chainId,
    pollMs: 50,
    ...depositCall(deployment, {
      asset: ether.asset,
      token: ether.token,
      baseAmount: amount * ether.unit,
      recipient,
      ciphertext,
      entryFee: await getEntryFee({ client, deployment }),
    }),
  })
  return { asset: ether.asset, amount, owner, blinding }
}

export type PayOptions = {
  asset?: bigint
  circuit?: TransferCircuit
  inputs?: readonly Note[]
  payments?: readonly { to: Person; amount: bigint }[]
  withdrawal?: { amount: bigint; recipient: bigint }
  fee?: bigint
  /** An exit (T6): no policy is opened, and all goes there. Default: none. */
  exitTo?: Destination
}

export type ProvedPayment = {
  submission: TransferSubmission
  /** Outputs to others and to oneself. */
  notes: readonly Note[]
  /** To be called once it was admitted: the next payment builds on it when it is sealed. */
  accept(): void
}

/** A proved transfer on the newest signed anchor. Without options it only opens or renews the account. */
export async function provePayment(
  { prover, deployment }: Devnet,
  api: ApiClient,
  payer: LivePayer,
  options: PayOptions = {},
): Promise<ProvedPayment> {
  const { asset = 1n, circuit = 'transfer', inputs = [], payments = [], withdrawal } = options
  const { exitTo } = options
  const { person, accounts } = payer
  const status = await api.getStatus()
  const { tree: noteTree, batchNumber } = await readNoteTree(api)
  const identityTree = new MerkleTree(IDENTITY_TREE_DEPTH)
  for (const { index, leaf } of (await api.getIdentityLeaves()).leaves) {
    identityTree.setLeaf(index, BigInt(leaf))
  }
  const policies = (await api.getPolicies()).policies.map((policy) => ({
    tier: BigInt(policy.tier),
    asset: BigInt(policy.asset),
    perTransfer: BigInt(policy.perTransfer),
    perDay: BigInt(policy.perDay),
    accountCap: BigInt(policy.accountCap),
    reportAbove: BigInt(policy.reportAbove),
  }))
  const policyTree = buildPolicyTree(policies)
  const policyIndex = policies.findIndex(
    (policy) => policy.tier === person.identity.tier && policy.asset === asset,
  )
  const policy = policies[policyIndex]
  if (policy === undefined) throw new Error('no policy for this tier and asset')
  const known = accounts.get(asset)
  const account = known?.account ?? genesisAccount(ownerOf(person), asset)
  const pointOf = ([x, y]: readonly [string, string]) => ({ x: BigInt(x), y: BigInt(y) })
  const built = buildTransfer({
    circuit,
    keys: person.keys,
    domain: deployment.domain,
    account,
    isGenesis: known === undefined,
    ...(known === undefined
      ? {}
      : { accountPath: noteTree.path(findLeaf(noteTree, status, commitAccount(account))) }),
    inputs: inputs.map((note) => {
      const index = findLeaf(noteTree, status, commitNote(note))
      return { note, index, path: noteTree.path(index) }
    }),
    payments: payments.map(({ to, amount }) => ({ address: addressOf(to), amount })),
    ...(withdrawal === undefined ? {} : { withdrawal }),
    fee: options.fee ?? 0n,
    ...(exitTo === undefined ? {} : { isExit: true, destination: exitTo }),
    epoch: BigInt(status.epoch),
    identity: person.identity,
    identityPath: identityTree.path(Number(person.index)),
    policy,
    policyPath: policyTree.path(policyIndex),
    anchor: noteTree.root,
    identityRoot: identityTree.root,
    policyRoot: policyTree.root,
    day: BigInt(status.day),
    auditKeyS: pointOf(status.auditKeyS),
    auditKeyI: pointOf(status.auditKeyI),
    auditKeyL: pointOf(status.auditKeyL),
    randomBytes: seededBytes(`memo ${String(person.index)} ${String(account.nonce)}`),
  })
  const { proof } = await prover.prove(circuit, built.circuitInputs)
  return {
    submission: encodeSubmission({
      circuit,
      proof: proofToWords(proof),
      publicInputs: built.publicInputs,
      memo: built.memo,
      anchorBatch: BigInt(batchNumber),
    }),
    notes: built.notes,
    accept() {
      accounts.set(asset, { account: built.nextAccount, index: undefined })
    },
  }
}

/** The note tree as sealed, over the interface. */
async function readNoteTree(api: ApiClient): Promise<{ tree: MerkleTree; batchNumber: number }> {
  const tree = new MerkleTree(NOTE_TREE_DEPTH)
  const { leaves, leafCount, batchNumber } = await api.getLeaves({ from: 0, count: 4096 })
  if (leafCount > 4096) throw new Error('more leaves than one page holds')
  if (batchNumber > 0) tree.setLeaves(0, leaves.map(BigInt))
  return { tree, batchNumber }
}

function findLeaf(
  tree: MerkleTree,
  { sealed }: { sealed: { slotCount: number } },
  leaf: bigint,
): number {
  for (let index = 0; index < 4 * sealed.slotCount; index++) {
    if (tree.leaf(index) === leaf) return index
  }
  throw new Error('the note is not in a sealed batch yet')
}
