// The whole path with nothing simulated: five members as processes of the command, a chain whose key I is theirs and whose key L is
// a sixth one's, real proofs of real payments settled by a real sequencer, orders by the command, and a bundle that a fresh process checks against the chain.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type ApiClient, createApiClient } from '../../../api/index.ts'
import { type Devnet, startDevnet } from '../../../demo/devnet.ts'
import type { PossessionContext } from '../../../protocol/auditKeyPossession.ts'
import { type Destination, hashDestination } from '../../../protocol/identity.ts'
import type { Member } from '../../../regulator/committee/advanceCeremony.ts'
import { exchangeFolder } from '../../../regulator/committee/exchangeFolder.ts'
import { createMember, openMember } from '../../../regulator/committee/openMember.ts'
import { decodeRegistration, Registration } from '../../../regulator/committee/possessionRounds.ts'
import { read } from '../../../regulator/committee/bodies.ts'
import { defaultLimits } from '../../../sequencer/server/limits.ts'
import { type RunningSequencer, startSequencer } from '../../../sequencer/startSequencer.ts'
import '../../support/lightPassphrases.ts'
import {
  depositEther,
  type LivePayer,
  provePayment,
  registerPayer,
} from '../../support/livePayers.ts'
import { bareEnvironment, cinnabarArgs, runCinnabar } from '../../support/runCinnabar.ts'
import { waitFor } from '../../support/waitFor.ts'

const PASSPHRASE = 'members of tests'
const ENV = { CINNABAR_PASSPHRASE: PASSPHRASE }
/** Members 1 to 5 hold key I, the sixth one key L: a holder is a committee of one. */
const LARGE_VALUE = [6]
const INVESTIGATION = [1, 2, 3, 4, 5]
const ALL = [...INVESTIGATION, ...LARGE_VALUE]

let dir: string
let ports: number[]
let devnet: Devnet
let sequencer: RunningSequencer
let api: ApiClient
let ann: LivePayer
let bob: LivePayer
let home: Destination & { kind: 'address' }
const serving: ChildProcess[] = []
const at = (name: string) => join(dir, name)
const memberDir = (i: number) => at(`member-${String(i)}`)

/** The command must succeed; its answer, where it has one. */
async function cinnabar(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await runCinnabar(args, ENV)
  assert.equal(code, 0, `${args.slice(0, 3).join(' ')}: ${stderr}`)
  return stdout === '' ? {} : (JSON.parse(stdout) as Record<string, unknown>)
}

async function serve(...more: string[]): Promise<void> {
  await Promise.all(
    ALL.map(async (i) => {
      const args = ['committee', 'serve', '--dir', memberDir(i), '--book', at('book.json')]
      const port = String(ports[i - 1])
      const child = spawn(process.execPath, [...cinnabarArgs, ...args, '--port', port, ...more], {
        env: { ...bareEnvironment(), ...ENV },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      serving.push(child)
      let said = ''
      child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
      await waitFor(`member ${String(i)} to serve`, async () => {
        assert.equal(child.exitCode, null, said)
        return said.includes('serves at') ? true : undefined
      })
    }),
  )
}

async function stopServing(): Promise<void> {
  await Promise.all(
    serving.splice(0).map(async (child) => {
      if (child.exitCode !== null) return
      const exited = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await exited
    }),
  )
}

/** Called by the deployment as soon as the registry's address is known. */
async function holdCeremony(
  { chainId, registry, epoch, kind }: PossessionContext,
  { members, threshold }: { members: readonly number[]; threshold: number },
) {
  const entries = members.map((i) => at(`entry-${String(i)}.json`))
  const description = at(`description-${kind}.json`)
  const file = at(`committee-${kind}.json`)
  const named = ['--chain-id', String(chainId), '--registry', registry, '--epoch', String(epoch)]
  const { ceremony } = await cinnabar(
    ...['committee', 'describe', ...entries, ...named, '--kind', kind],
    ...['--threshold', String(threshold), '--out', description],
  )
  if (serving.length === 0) await serve()
  await Promise.all(
    members.map((i) => cinnabar('committee', 'join', description, '--dir', memberDir(i))),
  )
  const results = members.map((i) =>
    join(memberDir(i), 'ceremonies', String(ceremony), 'committee.json'),
  )
  await waitFor('all members to finish the ceremony', async () =>
    results.every(existsSync) ? true : undefined,
  )
  const texts = results.map((path) => readFileSync(path, 'utf8'))
  assert.equal(new Set(texts).size, 1, 'every member comes to the same committee')
  await writeFile(file, texts[0]!)
  await cinnabar(
    ...['committee', 'possess', file, '--dir', at('office')],
    ...['--book', at('book.json'), '--out', at('registration.json')],
  )
  const registration = read(
    Registration,
    JSON.parse(await readFile(at('registration.json'), 'utf8')),
  )
  return decodeRegistration(registration!)
}

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cinnabar-processes-'))
  ports = await Promise.all(ALL.map(freePort))
  await Promise.all([
    ...ports.map((port, i) => {
      const n = String(i + 1)
      const url = `https://127.0.0.1:${String(port)}`
      const files = ['--card', at(`card-${n}.json`), '--entry', at(`entry-${n}.json`)]
      const named = ['--dir', memberDir(i + 1), '--name', `Member ${n}`, '--url', url]
      return cinnabar('committee', 'keygen', ...named, ...files)
    }),
    cinnabar(
      'committee',
      'keygen',
      '--dir',
      at('office'),
      '--name',
      'Office',
      '--card',
      at('office.json'),
    ),
  ])
  const cards = ports.map((_, i) => at(`card-${String(i + 1)}.json`))
  await cinnabar(
    ...['committee', 'book', '--out', at('book.json')],
    ...['--member', ...cards, '--client', at('office.json')],
  )
  devnet = await startDevnet({
    onProgress: () => undefined,
    registerInvestigation: (context) =>
      holdCeremony(context, { members: INVESTIGATION, threshold: 3 }),
    registerLargeValue: (context) => holdCeremony(context, { members: LARGE_VALUE, threshold: 1 }),
  })
  await stopServing()
  const chain = ['--rpc', devnet.chain.rpcUrl, '--deployment', devnet.deploymentFile]
  await serve(...chain, '--confirmations', '1')
  home = { kind: 'address', address: BigInt(devnet.accounts.shop.address) }
  const destination = hashDestination(home)
  ann = await registerPayer(devnet, { name: 'ann', index: 3n, destination })
  bob = await registerPayer(devnet, { name: 'bob', index: 9n })
  sequencer = await startSequencer({
    deployment: devnet.deployment,
    rpcUrl: devnet.chain.rpcUrl,
    databaseUrl: devnet.postgres.url,
    l1PrivateKey: devnet.accounts.sequencer.privateKey,
    receiptPrivateKey: `0x${'1f'.repeat(32)}`,
    feeRecipient: devnet.accounts.feeRecipient.address,
    batchAgeMs: 300,
    pollMs: 50,
    prover: devnet.prover,
    limits: { ...defaultLimits, requestsPerMinute: 100_000 },
  })
  api = createApiClient({ url: sequencer.url })
  for (const role of ['officer', 'reviewer', 'judge'] as const) {
    await writeFile(at(`${role}.key`), devnet.accounts[role].privateKey, { mode: 0o600 })
  }
  await writeFile(at('case.txt'), 'case 17: as reported by alert 4')
})
after(async () => {
  await stopServing()
  await sequencer?.stop()
  await devnet?.stop()
  await rm(dir, { recursive: true, force: true })
})

const reach = (id: string, wanted: string) =>
  waitFor(`status ${wanted}`, async () => {
    const state = await api.getTransfer(id)
    assert.notEqual(state.status, 'rejected', JSON.stringify(state.reason))
    return state.status === wanted ? state : undefined
  })

/** Settles a payment of `ann` to `bob`, one of his, and an exit of hers, which is for key L. Where each stands: BATCH:SLOT. */
async function settlePayments(): Promise<{ ofAnn: string; ofBob: string; exit: string }> {
  const note = await depositEther(devnet, ann, { amount: 1_000_000n, counter: 0n })
  await waitFor('sealed deposit', async () => (await api.getBatches()).batches[0])
  const first = await provePayment(devnet, api, ann, {
    inputs: [note],
    payments: [{ to: bob.person, amount: 300_000n }],
  })
  const { id } = await api.submitTransfer(first.submission)
  first.accept()
  await reach(id, 'sealed')
  const second = await provePayment(devnet, api, bob, {
    inputs: [first.notes[0]!],
    payments: [{ to: ann.person, amount: 7n }],
  })
  const other = await api.submitTransfer(second.submission)
  const third = await provePayment(devnet, api, ann, {
    withdrawal: { amount: 2_000n, recipient: home.address },
    exitTo: home,
  })
  const last = await api.submitTransfer(third.submission)
  const ids = [id, other.id, last.id]
  const places = await Promise.all(ids.map((each) => reach(each, 'settled')))
  const [ofAnn = '', ofBob = '', exit = ''] = places.map(
    ({ batchNumber, slot }) => `${String(batchNumber)}:${String(slot)}`,
  )
  return { ofAnn, ofBob, exit }
}

describe('a committee of processes', () => {
  let place: Awaited<ReturnType<typeof settlePayments>>
  const chain = () => ['--rpc', devnet.chain.rpcUrl, '--deployment', devnet.deploymentFile]
  const as = (role: string) => [...chain(), '--key-file', at(`${role}.key`), '--dir', at('orders')]
  const order = (verb: string, number: string, ...rest: string[]) =>
    cinnabar('regulator', 'order', verb, number, ...rest)
  const open = (number: string) =>
    order(
      ...(['open', number, ...chain(), '--dir', at('orders'), '--member', at('office')] as const),
      ...['--book', at('book.json'), '--confirmations', '1', '--committee'],
      ...['investigation', 'largeValue'].map((kind) => at(`committee-${kind}.json`)),
    )
  const file = (...scope: string[]) =>
    cinnabar(
      ...['regulator', 'order', 'file', ...as('officer'), '--case', at('case.txt')],
      ...['--legal-basis', '2', '--limit', '5', ...scope, '--key', 'investigation', 'largeValue'],
    ).then(({ order: number }) => String(number))
  const approve = async (number: string) => {
    await order('approve', number, '--as', 'reviewer', ...as('reviewer'))
    await order('approve', number, '--as', 'judge', ...as('judge'))
  }

  test('opens real payments under an order, one of them for key L; a fresh process verifies the bundle', async () => {
    place = await settlePayments()
    const number = await file('--transfer', place.ofAnn, place.exit)
    const early = await runCinnabar(
      ['regulator', 'order', 'announce', number, ...as('officer')],
      ENV,
    )
    assert.equal(early.code, 1)
    assert.match(early.stderr, /L1_WOULD_REVERT/)
    await approve(number)
    await order('announce', number, ...as('officer'))
    assert.deepEqual(await open(number), {
      ...{ order: number, opened: 3, withoutCommittee: 0, refused: 0, faults: 0 },
    })
    const bundled = await order(
      ...(['bundle', number, ...chain(), '--dir', at('orders'), '--confirmations', '1'] as const),
      ...['--out', at('bundle.json'), '--pdf', at('bundle.pdf')],
    )
    await order('disclose', number, ...as('officer'), '--bundle', at('bundle.json'))
    const verified = await cinnabar(
      ...['regulator', 'verify', at('bundle.json'), '--rpc', devnet.chain.rpcUrl, '--json'],
    )
    const { since, ...found } = verified as { since: { act: string }[] }
    assert.deepEqual(
      since.map(({ act }) => act),
      ['disclosed'],
    )
    assert.deepEqual(found, {
      ...{ holds: true, order: number, state: 'disclosed', bundleHash: bundled['bundleHash'] },
      ...{ isDisclosed: true, openings: 3, missing: 0, rollup: devnet.deployment.rollup },
    })
    const bundle = JSON.parse(await readFile(at('bundle.json'), 'utf8'))
    type Plaintext = { sender?: string; recipient1?: string; sealedTo?: string }
    const opened = (bundle.openings as { key: string; plaintext: Plaintext }[]).map(
      ({ key, plaintext: { sender, recipient1, sealedTo } }) => [key, sender, recipient1, sealedTo],
    )
    // The exit is for L, which shows when the members of I have opened it.
    assert.deepEqual(opened, [
      ['investigation', '3', '9', undefined],
      ['investigation', undefined, undefined, 'largeValue'],
      ['largeValue', '3', '0', undefined],
    ])
    assert.equal((await readFile(at('bundle.pdf'))).subarray(0, 5).toString(), '%PDF-')

    bundle.openings[0].plaintext.recipient1 = '4'
    await writeFile(at('tampered.json'), JSON.stringify(bundle))
    const refused = await runCinnabar(
      ['regulator', 'verify', at('tampered.json'), '--rpc', devnet.chain.rpcUrl],
      ENV,
    )
    assert.equal(refused.code, 2)
    assert.match(refused.stdout, /openings\[0\]\.plaintext[\s\S]*BUNDLE_PLAINTEXT_DIFFERS/)
  })

  test('finds a subject’s payment by its trace key, and not the one that it received', async () => {
    const number = await file('--subject', '9', '--epoch', '0')
    await approve(number)
    await order('announce', number, ...as('officer'), '--traces')
    assert.equal((await open(number))['opened'], 1)
    const found = await order('announce', number, ...as('officer'), '--subject-records')
    assert.equal(found['count'], 1)
    assert.equal((await open(number))['opened'], 1)
    const stored = JSON.parse(await readFile(at(`orders/order-${number}.json`), 'utf8'))
    const { batch, slot } = stored.announcements[1].items[0]
    assert.equal(`${batch}:${slot}`, place.ofBob)
  })

  test('the same ceremony by message files makes a key that its members agree on', async () => {
    const members: Member[] = []
    const entries: string[] = []
    for (const n of ['a', 'b']) {
      members.push(await createMember(at(`air-${n}`), PASSPHRASE, { name: `Air ${n}` }))
      entries.push(at(`air-entry-${n}.json`))
      await cinnabar('committee', 'prepare', '--dir', at(`air-${n}`), '--entry', entries.at(-1)!)
    }
    const { ceremony } = await cinnabar(
      ...['committee', 'describe', ...entries, '--deployment', devnet.deploymentFile],
      ...['--epoch', '7', '--kind', 'investigation', '--threshold', '2'],
      ...['--out', at('air.json')],
    )
    const description = JSON.parse(await readFile(at('air.json'), 'utf8'))
    for (const { ceremonies } of members) await ceremonies.join(description)
    const id = String(ceremony)
    for (let round = 0; round < 5; round++) {
      for (const member of members) await exchangeFolder(member, { id, folder: at('carried') })
    }
    const [one, other] = await Promise.all(members.map(({ ceremonies }) => ceremonies.result(id)))
    assert.ok(one !== undefined)
    assert.deepEqual(one, other)
    const again = await openMember(at('air-a'), PASSPHRASE)
    assert.equal((await again.store.shares()).length, 1)
  })

  test('every member’s journal holds together and shows what it answered', async () => {
    for (const i of ALL) {
      const { journal } = await openMember(memberDir(i), PASSPHRASE)
      const answered = journal.entries.filter(({ fact }) => fact.what === 'answered')
      // Two records, a trace key and a record of it; the exit alone.
      assert.equal(answered.length, INVESTIGATION.includes(i) ? 4 : 1)
    }
  })
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
