import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ApiClient, createApiClient } from '../api/client.ts'
import type { ChainEventOf } from '../l1/chainEvents.ts'
import { getEscrow, getLedger, getSettledState } from '../l1/reads.ts'
import { dayOf } from '../protocol/calendar.ts'
import { BaseError } from '../protocol/errors.ts'
import { createProver, type Prover } from '../prover/prover.ts'
import type { InvestigationRecord } from '../protocol/auditRecord.ts'
import { auditKeyRing } from '../regulator/auditKeys.ts'
import { RecordLedger } from '../regulator/checkRecords.ts'
import { isOpened, type OpenedTransfer } from '../regulator/openRecords.ts'
import { amountFormatter } from '../regulator/options.ts'
import { readChain } from '../regulator/readChain.ts'
import { formatTable } from '../regulator/report.ts'
import { type RunningSequencer, startSequencer } from '../sequencer/startSequencer.ts'
import { TransferRejectedError } from '../wallet/errors.ts'
import { buildHistory } from '../wallet/history.ts'
import { syncSettled } from '../wallet/syncSettled.ts'
import { createWallet } from '../wallet/wallet.ts'
import { InvestigationCommittee } from './committee.ts'
import { type Devnet, ETH, startDevnet, units, YUAN } from './devnet.ts'
import { followChain } from './follow.ts'
import { proveSpentNullifier, replay, settleTwice } from './forgery.ts'
import { PASSPHRASE, PATIENCE_MS, Person } from './person.ts'
import { RegistrarOffice } from './registrar.ts'
import type { Report } from './report.ts'

/** Batches are sealed this soon, so that nobody waits in a demonstration. */
const BATCH_AGE_MS = 1_500

/** A running demonstration: the network, its services and its people. */
class Story {
  readonly #report: Report
  readonly #devnet: Devnet
  readonly #sequencer: RunningSequencer
  /** The users' own devices prove apart from the sequencer. */
  readonly #prover: Prover
  readonly #office: RegistrarOffice
  readonly #committee: InvestigationCommittee
  readonly #format: (asset: bigint, amount: bigint) => string
  readonly #people: Person[] = []

  constructor(
    report: Report,
    devnet: Devnet,
    sequencer: RunningSequencer,
    prover: Prover,
    office: RegistrarOffice,
    committee: InvestigationCommittee,
  ) {
    this.#report = report
    this.#devnet = devnet
    this.#sequencer = sequencer
    this.#prover = prover
    this.#office = office
    this.#committee = committee
    this.#format = amountFormatter(devnet.deployment)
  }

  async tell(): Promise<void> {
    const report = this.#report
    const { figures } = report

    report.chapter(
      'identities',
      'Four people are admitted, each with a proof that the keys are theirs',
    )
    const ada = await this.#admit('Ada', 'ada', 2)
    const ben = await this.#admit('Ben', 'ben', 2)
    const cleo = await this.#admit('Cleo', 'cleo', 1)
    const shop = await this.#admit('The tea house', 'shop', 3)

    report.chapter('deposits', 'Money comes in from the base chain: ether and a token')
    await ada.deposit(ETH, units(ETH, '3'))
    await ben.deposit(YUAN, units(YUAN, '1000'))
    await cleo.deposit(ETH, units(ETH, '0.5'))
    await ada.waitFor(ETH, units(ETH, '3'))
    await ben.waitFor(YUAN, units(YUAN, '1000'))
    await cleo.waitFor(ETH, units(ETH, '0.5'))
    report.say('Ada has 3 ETH, Ben 1000 tCNY, Cleo 0.5 ETH. That much the public saw.')
    report.say('What follows, it does not see: neither parties nor amounts nor the asset.')

    report.chapter('payments', 'Private payments')
    await ada.send({
      asset: ETH,
      payments: [
        { address: ben.address, amount: units(ETH, '0.3'), memo: 'rent, November' },
        { address: cleo.address, amount: units(ETH, '0.05'), memo: 'lunch' },
        { address: shop.address, amount: units(ETH, '0.2'), memo: 'tea' },
      ],
      waitFor: 'sealed',
    })
    report.say('Ada paid three at once: Ben 0.3, Cleo 0.05, the tea house 0.2 ETH.')
    const settledBefore = await getSettledState(this.#devnet)
    const [chained] = await ada.send({
      asset: ETH,
      payments: [{ address: shop.address, amount: units(ETH, '0.25'), memo: 'more tea' }],
      waitFor: 'admitted',
    })
    const anchor = chained?.anchorBatch ?? 0n
    report.say(
      `Ada paid the tea house 0.25 ETH from change of batch ${String(anchor)}, while the base chain was at batch ` +
        `${String(settledBefore.batchNumber)}: a payment chained on one that is not settled yet.`,
    )
    if (anchor <= settledBefore.batchNumber) throw new Error('the payment was not a chained one')
    await ben.send({
      asset: YUAN,
      payments: [{ address: shop.address, amount: units(YUAN, '120'), memo: 'tea set' }],
    })
    await cleo.send({
      asset: ETH,
      payments: [{ address: shop.address, amount: units(ETH, '0.04') }],
    })
    report.say('Ben paid 120 tCNY, Cleo 0.04 ETH. The tea house waits for the base chain.')
    await shop.waitFor(ETH, units(ETH, '0.49'))
    await shop.waitFor(YUAN, units(YUAN, '120'))
    report.say('Settled: the tea house holds 0.49 ETH and 120 tCNY.')

    report.chapter('refusals', 'What must not go through does not')
    await this.#refusal('Cleo pays 0.15 ETH; her tier allows 0.1 at a time', () =>
      cleo.send({
        asset: ETH,
        payments: [{ address: shop.address, amount: units(ETH, '0.15') }],
      }),
    )
    await this.#suspend(2)
    await ben.sync()
    await this.#refusal('Ben, frozen by the registrar for a week, pays 10 tCNY', () =>
      ben.send({
        asset: YUAN,
        payments: [{ address: shop.address, amount: units(YUAN, '10') }],
      }),
    )
    await ben.exit({ asset: YUAN })
    await ben.exit({ asset: ETH })
    report.say('Ben leaves instead, with all he has, to the address he named when he registered.')
    await ada.send({
      asset: ETH,
      payments: [{ address: cleo.address, amount: units(ETH, '0.1') }],
      waitFor: 'admitted',
    })
    await this.#refusal('Ada spends the same account twice, through the interface', () =>
      ada.send({
        asset: ETH,
        payments: [{ address: shop.address, amount: units(ETH, '1') }],
        replace: true,
      }),
    )
    await cleo.waitFor(ETH, units(ETH, '0.61'))
    const batches = await this.#settledBatches()
    this.#forgery(
      'A dishonest operator proves a batch with a nullifier that is spent',
      'no witness satisfies the batch circuit',
      await proveSpentNullifier(this.#devnet, batches),
    )
    this.#forgery(
      'A dishonest operator settles a batch of valid transfers a second time',
      'the contract finds that the proofs do not fit its state',
      await settleTwice(this.#devnet, batches),
    )

    report.chapter('withdrawal', 'The tea house collects its notes and takes money out')
    await shop.collect({ asset: ETH, waitFor: 'sealed' })
    await shop.withdraw({ asset: ETH, amount: units(ETH, '0.4'), waitFor: 'settled' })
    const { client } = this.#devnet
    const address = shop.baseChainAddress
    const before = await client.getBalance({ address })
    const { transactionHash } = await shop.claim(ETH)
    const receipt = await client.getTransactionReceipt({ hash: transactionHash })
    figures.gas['claim'] = Number(receipt.gasUsed)
    const gained =
      (await client.getBalance({ address })) - before + receipt.gasUsed * receipt.effectiveGasPrice
    figures.withdrawalPaid = gained === units(ETH, '0.4') * 10n ** 9n
    report.say(
      figures.withdrawalPaid
        ? 'Three notes became one balance, and 0.4 ETH arrived at its base-chain address.'
        : 'THE WITHDRAWAL WAS NOT PAID AS ASKED.',
    )
    await this.#settleAll()

    report.chapter('supervision', 'What the supervisors read, from the base chain alone')
    await this.#supervise()

    report.chapter('recovery', 'Ada loses her device and restores her wallet from 24 words')
    await this.#recover(ada)

    report.chapter('conservation', 'Nothing was lost and nothing was made')
    await this.#conserve()
    await this.#follow()
    await this.#gas()
  }

  async #admit(name: string, role: 'ada' | 'ben' | 'cleo' | 'shop', tier: number): Promise<Person> {
    const api = createApiClient({ url: this.#sequencer.url })
    const person = await Person.arrive(this.#devnet, api, this.#prover, { name, role })
    const { index, gas } = await person.register(this.#office, { tier })
    this.#report.figures.gas['admitIdentity'] = Number(gas)
    this.#people.push(person)
    this.#report.say(`${name}: identity ${String(index)}, tier ${String(tier)}`)
    return person
  }

  /** Suspends an identity for a week and waits until the sequencer has seen it. */
  async #suspend(index: number): Promise<void> {
    const { timestamp } = await this.#devnet.client.getBlock()
    const suspendedUntil = Number(dayOf(timestamp)) + 7
    const { root } = await this.#office.change(index, { suspendedUntil })
    await this.#until('the sequencer sees the registry', async (api) => {
      const { identity } = await api.getStatus()
      return BigInt(identity.root) === root
    })
  }

  async #refusal(what: string, attempt: () => Promise<unknown>): Promise<void> {
    try {
      await attempt()
    } catch (error) {
      if (!(error instanceof BaseError)) throw error
      // Of a refusal by the sequencer, its own code says more than that there was one.
      const code = error instanceof TransferRejectedError ? error.reason : error.code
      this.#report.refused(what, code, error.shortMessage)
      return
    }
    throw new Error(`${what}: this went through, and must not`)
  }

  #forgery(what: string, reason: string, code: string | undefined): void {
    if (code === undefined) throw new Error(`${what}: this went through, and must not`)
    this.#report.refused(what, code, reason)
  }

  async #settledBatches(): Promise<ChainEventOf<'batchSettled'>[]> {
    const { reader, deployment } = this.#devnet
    const { number: to } = await reader.getHead()
    const events = await reader.getEvents({ from: deployment.startBlock, to })
    return events.filter((event) => event.type === 'batchSettled')
  }

  /** Waits until the base chain has every batch that was sealed and no transfer waits. */
  async #settleAll(): Promise<void> {
    await this.#until('the last batches are settled', async (api) => {
      const { sealed, settled } = await api.getStatus()
      return sealed.batchNumber === settled.batchNumber
    })
  }

  /** Asks until it is so. @throws after a patience of minutes, so that nothing waits for ever. */
  async #until(what: string, isSo: (api: ApiClient) => Promise<boolean>): Promise<void> {
    const api = createApiClient({ url: this.#sequencer.url })
    const end = performance.now() + PATIENCE_MS
    while (!(await isSo(api))) {
      if (performance.now() > end) throw new Error(`it did not come to pass in time that ${what}`)
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }

  async #supervise(): Promise<void> {
    const { reader, deployment, statisticsKey, largeValueKey } = this.#devnet
    const { figures } = this.#report
    const chain = await readChain(reader, {
      fromBlock: deployment.startBlock,
      statistics: auditKeyRing([statisticsKey]),
      largeValue: auditKeyRing([largeValueKey]),
    })
    const sealed = chain.transfers.filter(({ investigation }) => !isOpened(investigation))
    this.#report.say('The statistics office, with key S: amounts and tiers, and nobody by name.')
    const onlyS = chain.transfers.map((transfer) => ({
      ...transfer,
      investigation: 'keyMissing' as const,
    }))
    this.#report.table(formatTable(onlyS, () => undefined, this.#format))
    this.#report.say(
      'The large-value office, with key L: only what takes a day above its threshold, in however many ' +
        'payments, and exits.',
    )
    const onlyL = chain.transfers.map((transfer) => ({
      ...transfer,
      statistics: 'keyMissing' as const,
    }))
    this.#report.table(formatTable(onlyL, (index) => this.#office.nameOf(index), this.#format))
    this.#report.say(
      'Who paid whom in all else takes 3 of 5 offices, and an order on the base chain first.',
    )
    const nullifiers = new Map<string, bigint>(
      chain.batches.flatMap(({ batchNumber, transfers }) =>
        transfers.map(
          ({ slot, publicInputs }) =>
            [`${String(batchNumber)} ${String(slot)}`, publicInputs.nullifier] as const,
        ),
      ),
    )
    const placeOf = ({ batchNumber, slot }: OpenedTransfer): string =>
      `${String(batchNumber)} ${String(slot)}`
    const { bundle, order, isDisclosed } = await this.#committee.execute(
      this.#devnet,
      sealed,
      (transfer) => nullifiers.get(placeOf(transfer)) ?? 0n,
      (code) => {
        const reason = 'members find no such announcement on the chain'
        this.#report.refused('An officer asks the committee before the approvals', code, reason)
      },
    )
    const opened = new Map<string, InvestigationRecord>(
      bundle.openings.flatMap(({ item, plaintext }) =>
        item.type === 'record'
          ? [[`${item.batch} ${String(item.slot)}`, investigationOf(plaintext)] as const]
          : [],
      ),
    )
    const both = chain.transfers.map((transfer): OpenedTransfer => {
      const investigation = opened.get(placeOf(transfer))
      if (investigation === undefined) return transfer
      return { ...transfer, investigation, investigationKey: 'investigation' }
    })
    const onlyI = both.map((transfer) => ({
      ...transfer,
      statistics: 'keyMissing' as const,
      ...(transfer.investigationKey === 'investigation'
        ? {}
        : { investigation: 'keyMissing' as const }),
    }))
    this.#report.say(
      `Order ${String(order.number)}: approved by reviewer and judge, announced, opened by 3 of 5. Its bundle, checked ` +
        `against the chain alone, ${isDisclosed ? 'holds and is the one disclosed' : 'IS NOT THE ONE DISCLOSED'}.`,
    )
    this.#report.table(formatTable(onlyI, (index) => this.#office.nameOf(index), this.#format))
    figures.bundleVerified = isDisclosed
    figures.transfersSettled = both.length
    figures.recordsExpected = both.length
    figures.batchesSettled = chain.batches.length
    figures.statisticsRecordsOpened = both.filter(({ statistics }) => isOpened(statistics)).length
    figures.investigationRecordsOpened = both.filter(({ investigation }) =>
      isOpened(investigation),
    ).length
    const ledger = new RecordLedger((index) => chain.registry.tree.leaf(Number(index)) !== 0n)
    for (const { batchNumber, deposits } of chain.batches) {
      ledger.addBatch(
        both.filter((transfer) => transfer.batchNumber === batchNumber),
        deposits,
      )
    }
    const [finding] = ledger.findings
    if (finding !== undefined) throw new Error(`${finding.code}: ${finding.message}`)
    this.#report.say(
      `All ${String(figures.recordsExpected)} settled transfers have both records; they agree with each other ` +
        'and with the chain; nothing was taken in that was not sent or deposited.',
    )
  }

  async #recover(person: Person): Promise<void> {
    await person.sync()
    const { mnemonic } = person.wallet
    const restored = await createWallet(
      {},
      {
        dir: join(this.#devnet.dir, 'restored'),
        passphrase: PASSPHRASE,
        deployment: this.#devnet.deployment,
        mnemonic,
      },
    )
    await syncSettled({ wallet: restored, chain: this.#devnet.reader })
    const again = restored.state.ledger.accounts.find(({ asset }) => asset === ETH)?.account
    const had = person.wallet.state.ledger.accounts.find(({ asset }) => asset === ETH)?.account
    const settled = buildHistory(person.wallet.state.ledger, []).length
    const { figures } = this.#report
    figures.recoveredFromSeed =
      again !== undefined &&
      had !== undefined &&
      again.balance === had.balance &&
      again.blinding === had.blinding &&
      buildHistory(restored.state.ledger, []).length === settled
    restored.close()
    this.#report.say(
      figures.recoveredFromSeed
        ? `From the base chain alone, without the sequencer: ${this.#format(ETH, again?.balance ?? 0n)} and ` +
            `${String(settled)} entries of history, as before.`
        : 'THE RESTORED WALLET DIFFERS.',
    )
  }

  async #conserve(): Promise<void> {
    const { deployment } = this.#devnet
    const batches = await this.#settledBatches()
    const { noteTree, nullifierTree } = replay(batches)
    const settled = await getSettledState(this.#devnet)
    const isSame =
      noteTree.root === settled.noteRoot && nullifierTree.root === settled.nullifierRoot
    this.#report.say(
      isSame
        ? `Both trees, rebuilt from ${String(batches.length)} batches, have the roots of the contract.`
        : 'THE REBUILT TREES DIFFER FROM THE CONTRACT.',
    )
    let isConserved = isSame
    for (const person of this.#people) await person.sync()
    for (const { asset } of deployment.assets) {
      const held = this.#people.reduce((sum, person) => sum + person.total(asset), 0n)
      const ledger = await getLedger(this.#devnet, asset)
      const escrow = await getEscrow(this.#devnet, asset)
      const isBalanced = held === ledger.inRollup && escrow.held >= escrow.owed
      isConserved &&= isBalanced
      this.#report.say(
        `${this.#format(asset, held)} in wallets, ${this.#format(asset, ledger.inRollup)} in the vault for them, ` +
          `${this.#format(asset, ledger.claimable)} to be claimed: ${isBalanced ? 'equal' : 'NOT EQUAL'}.`,
      )
    }
    this.#report.figures.conservation = isConserved
  }

  async #follow(): Promise<void> {
    const { batches, proofs, problem } = await followChain(this.#devnet, PATIENCE_MS)
    this.#report.figures.followerAgrees = problem === undefined
    this.#report.say(
      problem === undefined
        ? `A follower with an empty disk and nothing but the base chain rebuilt all ${String(batches)} batches, verified their ` +
            `${String(proofs)} proofs, and has the contract's roots.`
        : `THE FOLLOWER DOES NOT AGREE: ${problem}`,
    )
  }

  async #gas(): Promise<void> {
    const batches = await this.#settledBatches()
    const hashes = [...new Set(batches.map(({ transactionHash }) => transactionHash))]
    const { client } = this.#devnet
    const { figures } = this.#report
    const receipts = await Promise.all(hashes.map((hash) => client.getTransactionReceipt({ hash })))
    const total = receipts.reduce((sum, { gasUsed }) => sum + gasUsed, 0n)
    figures.gas['settlement'] = Number(total)
    figures.gas['settlementPerTransfer'] = Math.round(Number(total) / figures.transfersSettled)
    this.#report.say(
      `${String(figures.transfersSettled)} transfers in ${String(batches.length)} small batches and ` +
        `${String(hashes.length)} settlements cost ${total.toLocaleString('en')} gas; full batches cost a fraction ` +
        'of that for each transfer (npm run bench -- settlement).',
    )
  }

  async close(): Promise<void> {
    for (const { wallet } of this.#people) wallet.close()
    await Promise.resolve()
  }
}

/** A bundle's decimal text as the record that it is. */
function investigationOf(plaintext: Readonly<Record<string, string>>): InvestigationRecord {
  return Object.fromEntries(
    Object.entries(plaintext).map(([name, value]) => [name, BigInt(value)]),
  ) as InvestigationRecord
}

/** Starts everything, tells the story, and stops everything. */
export async function tellStory(report: Report, signal: AbortSignal): Promise<void> {
  report.chapter('network', 'A base chain, a database, the contracts and a sequencer start')
  const folder = await mkdtemp(join(tmpdir(), 'cinnabar-offices-'))
  const closers: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    const committee = await InvestigationCommittee.gather(folder, PASSPHRASE)
    closers.push(() => committee.close())
    const devnet = await startDevnet({
      onProgress: (line) => {
        report.say(line)
      },
      registerInvestigation: committee.register,
    })
    closers.push(() => devnet.stop())
    await committee.follow(devnet)
    report.say('five offices made the investigation key together; none of them has it')
    signal.throwIfAborted()
    const database = await devnet.postgres.createDatabase()
    closers.push(() => database.drop())
    const sequencer = await startSequencer({
      deployment: devnet.deployment,
      rpcUrl: devnet.chain.rpcUrl,
      databaseUrl: database.url,
      l1PrivateKey: devnet.accounts.sequencer.privateKey,
      receiptPrivateKey: devnet.accounts.sequencer.privateKey,
      feeRecipient: devnet.accounts.feeRecipient.address,
      batchAgeMs: BATCH_AGE_MS,
      pollMs: 250,
      prover: devnet.prover,
    })
    closers.push(() => sequencer.stop())
    report.say(`sequencer at ${sequencer.url}`)
    const prover = createProver()
    closers.push(() => prover.close())
    const office = await RegistrarOffice.open(devnet, PASSPHRASE)
    const story = new Story(report, devnet, sequencer, prover, office, committee)
    closers.push(() => story.close())
    signal.throwIfAborted()
    await story.tell()
    report.finish()
  } finally {
    for (const close of closers.reverse()) await close()
  }
}
