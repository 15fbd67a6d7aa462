import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { AuditKeyRegistrar } from '../../deploy/contracts/deploy.ts'
import { writeDeployment } from '../../l1/deployment.ts'
import { dayOf } from '../../protocol/calendar.ts'
import type { AuditKeyKind } from '../../regulator/auditKeys.ts'
import { decodeRegistration } from '../../regulator/committee/possessionRounds.ts'
import { anAuditRecord } from '../support/auditRecords.ts'
import { runCinnabar } from '../support/runCinnabar.ts'
import { settle, SettleBuilder, startTestRollup, type TestRollup } from '../support/settlement.ts'
import { aSupervisorServer, type SupervisorServer } from '../support/supervisors.ts'

// A statistics supervisor that holds key S alone, by command: epoch 0's key, a record, the rotation to epoch 1's, a record.
// Contracts and records are real, proofs of transfers simulated.

describe('a single holder rotates key S', () => {
  let dir: string
  let server: SupervisorServer
  let store: Awaited<ReturnType<SupervisorServer['open']>>
  let rollup: TestRollup
  let builder: SettleBuilder
  let chain: string[]
  const file = (name: string) => join(dir, name)
  const run = async (...args: string[]) => {
    const env = { CINNABAR_PASSPHRASE: 'a holder', CINNABAR_REGULATOR_DATABASE_URL: store.url }
    return runCinnabar(args, env)
  }
  const passes = async (...args: string[]) => {
    const result = await run(...args)
    assert.equal(result.code, 0, result.stderr)
    return result
  }
  const makeKey = (kind: AuditKeyKind, epoch: number) =>
    passes('regulator', 'key', '--kind', kind, '--out', file(`${kind}-${String(epoch)}.json`))
  const registrationOf = async (kind: AuditKeyKind, epoch: number, ...place: string[]) => {
    const out = file(`${kind}-${String(epoch)}.registration.json`)
    await passes(
      ...['regulator', 'possess', file(`${kind}-${String(epoch)}.json`), ...place],
      ...['--epoch', String(epoch), '--out', out],
    )
    return out
  }
  const keyS = (epoch: number) => ['--statistics-key', file(`statistics-${String(epoch)}.json`)]

  /** A batch with one transfer that moves nothing in `asset`: all that a statistics record tells of it. */
  async function settleRecord(asset: bigint): Promise<void> {
    const { day } = await builder.context()
    const [, sx, sy, ix, iy] = await rollup.contract('supervisionRegistry')['keysOfDay']?.(day)
    const record = anAuditRecord({
      auditKeyS: { x: sx, y: sy },
      auditKeyI: { x: ix, y: iy },
      sender: { index: 7n, traceSecret: 700_001n },
      ...{ asset, nonce: 0n, ephemeralSecret: 5_000n + asset },
    })
    await settle(rollup, await builder.call([{ slots: [{ record }] }]))
  }

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cinnabar-rotation-'))
    server = await aSupervisorServer()
    store = await server.open()
    await makeKey('statistics', 0)
    // Before there is a deployment: the registry's address is known, the registry is not there.
    const statistics: AuditKeyRegistrar = async ({ chainId, registry }) => {
      const place = ['--chain-id', String(chainId), '--registry', registry]
      const out = await registrationOf('statistics', 0, ...place)
      return decodeRegistration(JSON.parse(await readFile(out, 'utf8')))
    }
    rollup = await startTestRollup({ config: { auditKeyDelay: 0n }, registrars: { statistics } })
    builder = new SettleBuilder(rollup)
    await writeDeployment(file('deployment.json'), rollup.deployment)
    await writeFile(file('supervision.key'), rollup.operator.privateKey)
    chain = ['--rpc', rollup.chain.rpcUrl, '--deployment', file('deployment.json')]
    await settleRecord(1n)

    for (const kind of ['statistics', 'investigation', 'largeValue'] as const) {
      await makeKey(kind, 1)
      await registrationOf(kind, 1, '--deployment', file('deployment.json'))
    }
    const startDay = dayOf(await rollup.now()) + 1n
    await passes(
      ...['committee', 'schedule', ...chain, '--key-file', file('supervision.key')],
      ...['--statistics', file('statistics-1.registration.json')],
      ...['--investigation', file('investigation-1.registration.json')],
      ...['--large-value', file('largeValue-1.registration.json')],
      ...['--start-day', String(startDay), '--transactions', file('transactions.json')],
    )
    await rollup.chain.increaseTime(86_400)
    await settleRecord(2n)
  })
  after(async () => {
    await rollup.stop()
    await store.close()
    await server.stop()
    await rm(dir, { recursive: true })
  })

  test('default: read opens the records of both epochs with both keys', async () => {
    const { stdout } = await passes(
      ...['regulator', 'read', ...chain, ...keyS(0), ...keyS(1), '--json'],
    )
    const { transfers, findings } = JSON.parse(stdout) as {
      transfers: { epoch: string; statistics: { asset: string } | string }[]
      findings: unknown[]
    }
    assert.deepEqual(findings, [])
    assert.deepEqual(
      transfers.map(({ epoch, statistics }) => [epoch, assetOf(statistics)]),
      [
        ['0', '1'],
        ['1', '2'],
      ],
    )
  })

  test('behavior: read names the epoch whose key is missing', async () => {
    const { stderr } = await passes('regulator', 'read', ...chain, ...keyS(0))
    assert.match(stderr, /Epoch 1: 1 statistics records stay closed/)
    assert.doesNotMatch(stderr, /Epoch 0/)
  })

  test('default: index keeps what it cannot open, names the epoch, and opens it once the key is given', async () => {
    const early = await passes('regulator', 'index', ...chain, ...keyS(0), '--once')
    assert.match(early.stderr, /key S of epoch 1 \(from .*\) was not given: 1 records wait sealed/)
    assert.doesNotMatch(early.stderr, /key S of epoch 0/)
    const count = async () => {
      const rows = await store.database.query<{ status: string; epoch: number; asset: number }>({
        text: 'select status, epoch, asset from record order by batch_number',
        values: [],
      })
      return rows.map(({ status, epoch, asset }) => [status, epoch, asset])
    }
    assert.deepEqual(await count(), [
      ['opened', 0, 1],
      ['sealed', 1, null],
    ])
    const late = await passes('regulator', 'index', ...chain, ...keyS(0), ...keyS(1), '--once')
    assert.doesNotMatch(late.stderr, /was not given/)
    assert.deepEqual(await count(), [
      ['opened', 0, 1],
      ['opened', 1, 2],
    ])
  })

  test('rejects: a key of another kind', async () => {
    const key = ['--statistics-key', file('investigation-1.json')]
    for (const command of ['read', 'index'] as const) {
      const { code, stderr } = await run('regulator', command, ...chain, ...key)
      assert.equal(code, 1)
      assert.match(stderr, /REGULATOR_KEY_KIND/)
    }
  })

  test('rejects: a new key over another’s file', async () => {
    const path = file('statistics-0.json')
    const before = await readFile(path, 'utf8')
    const again = await run('regulator', 'key', '--kind', 'statistics', '--out', path)
    assert.deepEqual([again.code, /REGULATOR_FILE_EXISTS/.test(again.stderr)], [1, true])
    assert.equal(await readFile(path, 'utf8'), before)
  })

  test('rejects: a registration for an epoch that is not the next', async () => {
    const { code, stderr } = await run(
      ...['committee', 'schedule', ...chain, '--key-file', file('supervision.key')],
      ...['--statistics', file('statistics-1.registration.json')],
      ...['--investigation', file('investigation-1.registration.json')],
      ...['--large-value', file('largeValue-1.registration.json')],
      ...['--start-day', String(dayOf(await rollup.now()) + 30n)],
      ...['--transactions', file('transactions.json')],
    )
    assert.equal(code, 1)
    assert.match(stderr, /PossessionInvalid|possession/i)
  })
})

function assetOf(statistics: unknown): unknown {
  return (statistics as { asset?: unknown }).asset
}
