import { join } from 'node:path'
import { getAnnouncedKey } from '../../l1/announcedKeys.ts'
import { createChainReader } from '../../l1/chainReader.ts'
import type { ChainReader } from '../../l1/chainEvents.ts'
import { createChainClient } from '../../l1/client.ts'
import { findReceipt } from '../../l1/findReceipt.ts'
import { getCommonKey, getDepositDelays, getSettledState } from '../../l1/reads.ts'
import { readSettleCall } from '../../l1/readSettleCall.ts'
import { hexToBytes } from '../../protocol/field.ts'
import { openPortableKernels } from '../../prover/kernels.ts'
import { auditKeyFromSecret, auditKeyRing } from '../../regulator/auditKeys.ts'
import { readRegistry } from '../../regulator/readChain.ts'
import { ChainVerificationKeys } from '../../sequencer/follower/chainVerificationKeys.ts'
import { formatDivergence } from '../../sequencer/follower/divergence.ts'
import { createFollower, defaultFollowerSettings } from '../../sequencer/follower/follower.ts'
import { createSequencer, defaultSettings } from '../../sequencer/sequencer.ts'
import { type Database, sql } from '../../sequencer/store/database.ts'
import { encodeState } from '../../wallet/state.ts'
import { syncSettled } from '../../wallet/syncSettled.ts'
import { createWallet } from '../../wallet/wallet.ts'
import type { TestServer } from './databases.ts'
import type { TestRollup } from './settlement.ts'
import { ScriptedSettlement, testFarm } from './sequencers.ts'
import { anIndexer, type SupervisorServer } from './supervisors.ts'
import { mnemonics, passphrase } from './wallets.ts'

// All that follow the base chain for themselves, each with a connection of its own, so that nothing that one
// remembers helps another.

/** Something that makes a state of its own from the base chain. */
export type ChainObserver = {
  readonly name: string
  /** Reads until nothing is left to read. */
  catchUp(): Promise<void>
  /** What it made of the events, whatever came after: the newest block is no part of it. */
  facts(): Promise<unknown>
  /** All that it made and says, comparable with another one's at the same block. */
  snapshot(): Promise<unknown>
  stop(): Promise<void>
}

export type ObserverSurroundings = {
  readonly rollup: TestRollup
  readonly server: TestServer
  readonly supervisorServer: SupervisorServer
  /** Of wallets' folders. */
  readonly directory: string
  /** A name for this set. */
  readonly label: string
}

export function startChainObservers(around: ObserverSurroundings): Promise<ChainObserver[]> {
  return Promise.all([
    aSequencerOf(around),
    aFollowerOf(around),
    anIndexerOf(around),
    aWalletOf(around),
    aRegistrarOf(around),
  ])
}

function connect({ deployment, chain }: TestRollup) {
  const client = createChainClient({ rpcUrl: chain.rpcUrl })
  return { client, deployment, reader: createChainReader({ client, deployment }) }
}

/** Ticks until the newest block read is the base chain's. */
async function readToHead(
  reader: ChainReader,
  tick: () => Promise<unknown>,
  newest: () => { number: bigint; hash: string } | undefined,
): Promise<void> {
  for (;;) {
    await tick()
    const head = await reader.getHead()
    if (newest()?.hash === head.hash) return
  }
}

/** Observation tables, but for the blocks: which of them have a row depends on when one looked. */
async function observations(database: Database): Promise<Record<string, unknown[]>> {
  const tables = await database.query<{ name: string }>(sql`
    select table_name as name from information_schema.columns
    where table_schema = 'public' and column_name = 'l1_block_number'
    order by 1
  `)
  const contents: Record<string, unknown[]> = {}
  for (const { name } of tables) {
    // A name from the schema itself.
    const text = `select to_jsonb("${name}") as row from "${name}" order by to_jsonb("${name}")::text`
    contents[name] = await database.query({ text, values: [] })
  }
  return contents
}

type Injectable = { inject(url: string): Promise<{ statusCode: number; body: string }> }

async function answers(app: Injectable): Promise<Record<string, unknown>> {
  const paths = ['status', 'batches?count=64', 'leaves?count=4096', 'identity-leaves', 'policies']
  const found: Record<string, unknown> = {}
  for (const path of paths) {
    const { statusCode, body } = await app.inject(`/v1/${path}`)
    if (statusCode !== 200) throw new Error(`${path}: ${body}`)
    found[path] = JSON.parse(body) as unknown
  }
  return found
}

async function aSequencerOf({ rollup, server }: ObserverSurroundings): Promise<ChainObserver> {
  const { client, deployment, reader } = connect(rollup)
  const { database, close } = await server.open()
  const sequencer = await createSequencer(
    {
      ...{ database, reader, settlement: new ScriptedSettlement(), farm: testFarm() },
      findReceipt: (transaction) => findReceipt(client, transaction),
      prover: {
        prove: () => Promise.reject(new Error('no proof is made here')),
        verifyMany: (all) => Promise.resolve(all.map(() => true)),
      },
      keyHashOf: () => null,
      receiptKey: hexToBytes(`0x${'07'.repeat(32)}`),
      l1Account: '0x00000000000000000000000000000000000000a1',
      now: () => new Date(),
      logger: false,
      onLockLost: () => undefined,
    },
    deployment,
    { ...defaultSettings, feeRecipient: '0x00000000000000000000000000000000000000fe' },
  )
  const { observer, finality } = sequencer.loops
  return {
    name: 'sequencer',
    async catchUp() {
      await readToHead(
        reader,
        () => observer.tick(),
        () => observer.view?.head,
      )
      await finality.tick()
    },
    facts: () => observations(database),
    snapshot: async () => ({
      observations: await observations(database),
      answers: await answers(sequencer.app),
    }),
    async stop() {
      await sequencer.stop()
      await close()
    },
  }
}

async function aFollowerOf({ rollup, server }: ObserverSurroundings): Promise<ChainObserver> {
  const { client, deployment, reader } = connect(rollup)
  const view = { client, deployment }
  const { database, close } = await server.open()
  const follower = await createFollower(
    {
      ...{ database, reader, depositDelays: await getDepositDelays(view) },
      readSettleCall: (transaction) => readSettleCall(client, transaction),
      readContractState: (block) => getSettledState(view, block),
      findReceipt: (transaction) => findReceipt(client, transaction),
      keys: new ChainVerificationKeys({
        readCommon: () => getCommonKey(view),
        readKey: (key) => getAnnouncedKey(client, deployment, key),
      }),
      now: () => new Date(),
      logger: false,
      onLockLost: () => undefined,
    },
    deployment,
    defaultFollowerSettings,
  )
  const { observer, finality } = follower.loops
  return {
    name: 'follower',
    async catchUp() {
      await readToHead(
        reader,
        () => observer.tick(),
        () => observer.view?.head,
      )
      await finality.tick()
    },
    facts: () => observations(database),
    async snapshot() {
      // How many proofs it verified in its life is no part of what it found.
      const { proofs: _, divergence, ...state } = follower.state
      if (divergence !== undefined) throw new Error(formatDivergence(divergence))
      return {
        ...{ state, answers: await answers(follower.app) },
        observations: await observations(database),
      }
    },
    async stop() {
      await follower.stop()
      await close()
    },
  }
}

async function anIndexerOf({
  rollup,
  supervisorServer,
}: ObserverSurroundings): Promise<ChainObserver> {
  const { deployment, reader } = connect(rollup)
  const { database, close } = await supervisorServer.open()
  const keys = auditKeyRing([auditKeyFromSecret('statistics', 1234567n)])
  const indexer = anIndexer(database, reader, { deployment, keys })
  await indexer.prepare()
  const contentsOf = async (name: string) => {
    const text = `select to_jsonb("${name}") as row from "${name}" order by to_jsonb("${name}")::text`
    return database.query({ text, values: [] })
  }
  const facts = async () => ({
    epochs: await contentsOf('l1_epoch'),
    batches: await contentsOf('settled_batch'),
    deposits: await contentsOf('settled_deposit'),
    records: await contentsOf('record'),
  })
  return {
    name: 'supervisor’s indexer',
    catchUp: () => indexer.catchUp(),
    ...{ facts, snapshot: facts, stop: close },
  }
}

async function aWalletOf({
  rollup,
  directory,
  label,
}: ObserverSurroundings): Promise<ChainObserver> {
  const { deployment, reader } = connect(rollup)
  const wallet = await createWallet(
    { kernels: openPortableKernels() },
    { dir: join(directory, label), passphrase, deployment, mnemonic: mnemonics.alice },
  )
  return {
    name: 'wallet',
    async catchUp() {
      await syncSettled({ wallet, chain: reader })
    },
    facts() {
      const { head: _, ...ledger } = wallet.state.ledger
      return Promise.resolve(JSON.parse(encodeState({ ...wallet.state, ledger })) as unknown)
    },
    snapshot: () =>
      Promise.resolve({
        state: JSON.parse(encodeState(wallet.state)) as unknown,
        noteRoot: wallet.trees.noteTree.root,
        identityRoot: wallet.trees.identityTree.root,
        leaves: wallet.noteTreeFiles.leafCount,
      }),
    stop() {
      wallet.close()
      return Promise.resolve()
    },
  }
}

/** What a registrar has before it proves an update: it asks anew each time, by a reader that remembers. */
async function aRegistrarOf({ rollup }: ObserverSurroundings): Promise<ChainObserver> {
  const { deployment, reader } = connect(rollup)
  const read = () => readRegistry(reader, { fromBlock: deployment.startBlock })
  let registry = await read()
  const facts = () =>
    Promise.resolve({
      ...{ root: registry.root, treeRoot: registry.tree.root },
      updates: registry.updates.map(({ index, newLeaf, blockHash }) => ({
        ...{ index, newLeaf, blockHash },
      })),
    })
  return {
    name: 'registrar',
    async catchUp() {
      registry = await read()
    },
    ...{ facts, snapshot: facts, stop: () => Promise.resolve() },
  }
}
