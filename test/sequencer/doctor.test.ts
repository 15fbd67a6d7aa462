import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Devnet, startDevnet } from '../../demo/devnet.ts'
import { startPostgres } from '../../deploy/devnet/postgres.ts'
import { addressOfKey } from '../../api/index.ts'
import { hexToBytes } from '../../protocol/field.ts'
import { farmKeyFrom } from '../../prover/farm/sealedBox.ts'
import { openFarm } from '../../prover/farm/store/openFarm.ts'
import { diagnose, type DiagnoseOptions } from '../../sequencer/doctor/diagnose.ts'
import type { Finding } from '../../sequencer/doctor/findings.ts'
import { barReceiptSigner } from '../../sequencer/store/barReceiptSigner.ts'
import { claimDeployment } from '../../sequencer/store/claimDeployment.ts'
import { openDatabase } from '../../sequencer/store/database.ts'
import { requestDrain } from '../../sequencer/store/drain.ts'
import { migrate } from '../../sequencer/store/migrate.ts'
import { recordLeaderKeys } from '../../sequencer/store/recordLeaderKeys.ts'
import { runCinnabar } from '../support/runCinnabar.ts'

// A set-up on a real base chain and a real Postgres, whole and then broken in one place at a time.

const receiptKey = `0x${'3b'.repeat(32)}` as const
/** Of no account with a role or money. */
const strangersKey = `0x${'3c'.repeat(32)}` as const

describe('cinnabar doctor', { timeout: 300_000 }, () => {
  let devnet: Devnet
  let dataDir: string
  let postgres: Awaited<ReturnType<typeof startPostgres>>
  let options: DiagnoseOptions
  const seen: Finding[] = []

  const file = (name: string) => join(devnet.dir, name)
  async function look(
    changes: Partial<DiagnoseOptions> = {},
    { laterMs = 0 }: { laterMs?: number } = {},
  ): Promise<Finding[]> {
    const now = new Date(Date.now() + laterMs)
    const findings = await diagnose({ ...options, ...changes }, { now })
    seen.push(...findings)
    return findings
  }
  /** What is wrong with the set-up that is wrong in one place. */
  const wrong = (findings: readonly Finding[], status: Finding['status'] = 'failure') =>
    findings.filter((finding) => finding.status === status)
  /** Without that about a development chain's clock, which depends on how many blocks it made. */
  const warningsOf = (findings: readonly Finding[]) =>
    checksOf(wrong(findings, 'warning').filter(({ what }) => !what.includes('ahead of this')))
  const checksOf = (findings: readonly Finding[]) => findings.map(({ check }) => check)
  async function newDatabase(prepare?: (url: string) => Promise<void>) {
    const database = await postgres.createDatabase()
    await prepare?.(database.url)
    return database
  }
  async function prepare(url: string): Promise<void> {
    const database = await openDatabase({ url, poolSize: 2 })
    await migrate(database)
    await database.close()
    await (await openFarm({ url, name: 'migration', isKeeper: true, poolSize: 2 })).close()
  }

  /** `cinnabar sequencer bond …` for what signs with `receiptKey`, by its owner. */
  async function bond(...args: readonly string[]): Promise<void> {
    const { code, stderr } = await runCinnabar(
      [
        ...['sequencer', 'bond', ...args, '--transactions', file('bond-transactions.json')],
        ...['--rpc', devnet.chain.rpcUrl, '--deployment', devnet.deploymentFile],
      ],
      {
        CINNABAR_BOND_KEY: devnet.accounts.cleo.privateKey,
        CINNABAR_SEQUENCER_RECEIPT_KEY: receiptKey,
      },
    )
    assert.equal(code, 0, stderr)
  }

  before(async () => {
    devnet = await startDevnet({ onProgress: () => undefined })
    // With a directory of its own: the temporary one forgets what it commits when the power goes.
    dataDir = await mkdtemp(join(tmpdir(), 'cinnabar-doctor-'))
    await chmod(dataDir, 0o755)
    postgres = await startPostgres({ dataDir: join(dataDir, 'data') })
    await writeFile(file('l1.key'), devnet.accounts.sequencer.privateKey, { mode: 0o600 })
    await writeFile(file('receipt.key'), receiptKey, { mode: 0o600 })
    await prepare(postgres.url)
    await bond('post', '1')
    options = {
      ...{ rpc: devnet.chain.rpcUrl, deployment: devnet.deploymentFile },
      ...{ databaseUrl: postgres.url, stateDir: file('state'), provers: 1 },
      ...{ l1KeyFile: file('l1.key'), receiptKeyFile: file('receipt.key') },
    }
  })
  after(async () => {
    await postgres?.stop()
    await devnet?.stop()
    await rm(dataDir, { recursive: true })
  })

  test('default: nothing is wrong, and the development keys are a warning', async () => {
    const findings = await look()
    assert.deepEqual(wrong(findings), [])
    assert.deepEqual(warningsOf(findings), ['circuits'])
    const bond = findings.find(({ check }) => check === 'bond')
    assert.match(bond?.what ?? '', /is 1\.00000 ether; receipts promise settlement within \d+ s\./)
    assert.deepEqual(
      [...new Set(checksOf(wrong(findings, 'ok')).filter((check) => check !== 'clock'))].sort(),
      [
        ...['balance', 'base chain', 'bond', 'circuits', 'database', 'deployment', 'farm', 'keys'],
        ...['receipt key', 'registered keys', 'role', 'schema', 'settlement', 'state directory'],
      ].sort(),
    )
  })

  test('behavior: the command says it in text and JSON, and by its exit status', async () => {
    const args = [
      ...['doctor', '--rpc', options.rpc, '--deployment', options.deployment],
      ...['--state-dir', options.stateDir, '--l1-key-file', options.l1KeyFile ?? ''],
    ]
    const environment = {
      DATABASE_URL: postgres.url,
      CINNABAR_SEQUENCER_RECEIPT_KEY_FILE: file('receipt.key'),
    }
    const good = await runCinnabar(args, environment)
    assert.deepEqual([good.code, /Nothing is wrong\.\n$/.test(good.stdout)], [0, true], good.stdout)
    const bad = await runCinnabar([...args, '--json'], {
      ...environment,
      CINNABAR_SEQUENCER_RECEIPT_KEY_FILE: file('l1.key'),
    })
    assert.equal(bad.code, 1)
    assert.equal(bad.json()['status'], 'failing')
    const { findings } = bad.json() as { findings: Finding[] }
    assert.match(wrong(findings)[0]?.what ?? '', /KEY_REUSED/)
    for (const { stdout, stderr } of [good, bad]) {
      seen.push({ check: 'output', status: 'ok', what: stdout + stderr })
    }
  })

  test('rejects: a base chain that is away, or another', async () => {
    const away = await look({ rpc: 'http://user:letmein@127.0.0.1:1/v3/apikey' })
    assert.deepEqual(checksOf(wrong(away)), ['base chain'])
    assert.match(wrong(away)[0]?.what ?? '', /L1_UNAVAILABLE/)
    assert.deepEqual(checksOf(wrong(await look({ deployment: '/nowhere.json' }))), ['deployment'])
    const text = await readFile(devnet.deploymentFile, 'utf8')
    const { rollup } = devnet.deployment.contracts
    const another = rollup.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))
    await writeFile(file('elsewhere.json'), text.replaceAll(rollup, another))
    const elsewhere = await look({ deployment: file('elsewhere.json') })
    assert.deepEqual(checksOf(wrong(elsewhere)), ['deployment'])
    assert.match(wrong(elsewhere)[0]?.what ?? '', /L1_DEPLOYMENT_FILE_INVALID/)
  })

  test('rejects: keys that are missing, open to others, without role or without money', async () => {
    const missing = await look({ l1KeyFile: '/nowhere' })
    assert.match(wrong(missing)[0]?.what ?? '', /KEY_INVALID.*does not exist/)
    await writeFile(file('open.key'), receiptKey)
    await chmod(file('open.key'), 0o644)
    const open = await look({ receiptKeyFile: file('open.key') })
    assert.match(wrong(open)[0]?.what ?? '', /KEY_INVALID.*others than its owner/)
    await writeFile(file('stranger.key'), strangersKey, { mode: 0o600 })
    const stranger = wrong(await look({ l1KeyFile: file('stranger.key') }))
    assert.deepEqual(checksOf(stranger), ['role', 'balance'])
    assert.match(stranger[1]?.remedy ?? '', /Send ether to 0x/)
    const nobody = await look({ provers: 0 })
    assert.deepEqual(checksOf(wrong(nobody)), ['keys', 'farm'])
    const farmPublicKey = farmKeyFrom(new Uint8Array(32).fill(9)).publicKey
    assert.deepEqual(checksOf(wrong(await look({ provers: 0, farmPublicKey }))), ['farm'])
    assert.deepEqual(checksOf(wrong(await look({ farmKey: '/nowhere' }))), ['farm key'])
  })

  test('behavior: what keeps receipts from promising a time, and a key that may not sign them', async () => {
    const aboutBond = async (changes: Partial<DiagnoseOptions> = {}) => {
      const findings = await look(changes)
      assert.deepEqual(wrong(findings), [])
      return wrong(findings, 'warning').find(({ check }) => check === 'bond')
    }
    await writeFile(file('other-receipt.key'), strangersKey, { mode: 0o600 })
    const none = await aboutBond({ receiptKeyFile: file('other-receipt.key') })
    assert.match(
      none?.what ?? '',
      /^There is no bond for 0x[0-9a-f]{40}: receipts promise no time\.$/,
    )
    const receiptSigner = addressOfKey(hexToBytes(receiptKey))
    await bond('leave', '--of', receiptSigner)
    const leaving = await aboutBond()
    assert.match(leaving?.what ?? '', /withdrawal is announced: receipts promise no time\.$/)
    await bond('stay', '--of', receiptSigner)
    assert.equal(await aboutBond(), undefined)

    const restored = await newDatabase(async (url) => {
      await prepare(url)
      const database = await openDatabase({ url })
      const l1Account = `0x${'a1'.repeat(20)}` as const
      await recordLeaderKeys(database, { l1Account, receiptSigner })
      await barReceiptSigner(database, { now: new Date() })
      await database.close()
    })
    const barred = wrong(await look({ databaseUrl: restored.url }))
    assert.deepEqual(checksOf(barred), ['receipt key'])
    assert.match(barred[0]?.what ?? '', new RegExp(`^${receiptSigner} was ended`))
    await restored.drop()
  })

  test('rejects: a database that is away, empty, another’s, or forgets', async () => {
    const away = await look({ databaseUrl: 'postgres://user:letmein@127.0.0.1:1/cinnabar' })
    assert.match(wrong(away)[0]?.what ?? '', /DATABASE_UNREACHABLE/)
    const none = await look({ databaseUrl: undefined })
    assert.deepEqual(warningsOf(none), ['database', 'circuits'])

    const empty = await newDatabase()
    const unmigrated = await look({ databaseUrl: empty.url })
    assert.deepEqual(warningsOf(unmigrated), ['schema', 'circuits'])
    await empty.drop()

    const broken = await newDatabase(async (url) => {
      await prepare(url)
      const database = await openDatabase({ url })
      const rollup = `0x${'ee'.repeat(20)}` as const
      await claimDeployment(database, { chainId: 1n, rollup })
      await requestDrain(database, new Date())
      const name = new URL(url).pathname.slice(1)
      await database.query({
        text: `alter database "${name}" set synchronous_commit = off`,
        values: [],
      })
      await database.query({
        text: `insert into migration (number, name, hash) values (999, '000999_later.sql', 'x')`,
        values: [],
      })
      await database.close()
    })
    const later = await look({ databaseUrl: broken.url })
    assert.deepEqual(checksOf(wrong(later)), ['database', 'schema'])
    const database = await openDatabase({ url: broken.url })
    await database.query({ text: 'delete from migration where number = 999', values: [] })
    await database.close()
    const foreign = await look({ databaseUrl: broken.url })
    assert.deepEqual(checksOf(wrong(foreign)), ['database', 'deployment'])
    assert.ok(checksOf(wrong(foreign, 'warning')).includes('admission'))
    await broken.drop()
  })

  test('rejects: clocks that disagree, and a state directory that is none', async () => {
    const behind = await look({}, { laterMs: -3_600_000 })
    assert.deepEqual(checksOf(wrong(behind, 'warning')), ['clock', 'clock', 'circuits'])
    const ahead = await look({}, { laterMs: 3_600_000 })
    assert.deepEqual(warningsOf(ahead), ['clock', 'clock', 'circuits'])
    await writeFile(file('no-directory'), '')
    const unwritable = await look({ stateDir: join(file('no-directory'), 'state') })
    assert.deepEqual(checksOf(wrong(unwritable)), ['state directory'])
  })

  test('behavior: whatever is wrong has its remedy, and nothing secret was shown', () => {
    assert.ok(seen.length > 100)
    for (const { status, what, remedy } of seen) {
      assert.equal(status === 'ok', remedy === undefined, what)
      assert.ok(remedy === undefined || remedy.length > 10)
    }
    const text = JSON.stringify(seen)
    const { password } = new URL(postgres.url)
    assert.ok(password.length > 8)
    for (const secret of [
      ...[receiptKey, strangersKey, devnet.accounts.sequencer.privateKey].map((key) =>
        key.slice(2),
      ),
      ...[password, 'letmein', 'apikey'],
    ]) {
      assert.equal(text.includes(secret), false)
    }
  })
})
