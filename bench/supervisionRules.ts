import { startPostgres } from '../deploy/devnet/postgres.ts'
import { openKernels } from '../prover/kernels.ts'
import { auditKeyFromSecret, auditKeyRing } from '../regulator/auditKeys.ts'
import { Indexer } from '../regulator/indexing/indexer.ts'
import { BackTest } from '../regulator/rules/backTest.ts'
import { defaultRules } from '../regulator/rules/defaults.ts'
import { ruleCodes, type RulesDocument } from '../regulator/rules/document.ts'
import { signRules } from '../regulator/rules/signedRules.ts'
import { openDatabase, sql } from '../regulator/store/database.ts'
import { insertRules } from '../regulator/store/insertRules.ts'
import { migrate } from '../regulator/store/migrate.ts'
import { privateKeyToAccount } from 'viem/accounts'
import { recordedDeployment } from '../test/support/recordedChain.ts'
import { syntheticChain } from '../test/support/syntheticChain.ts'
import { syntheticTraffic } from '../test/support/syntheticTraffic.ts'
import type { Row } from './row.ts'

const TRAFFIC = { seed: 2_026, accounts: 5_000, planted: 200 }
const INDEXED = 15_000

const document: RulesDocument = {
  ...{ type: 'cinnabar.rules', format: 1, version: 1, remark: 'bench' },
  chainId: String(recordedDeployment.chainId),
  rollup: recordedDeployment.rollup,
  assets: { 1: defaultRules('pboc-cash', 100n).rules },
}

/** Of made-up traffic with planted patterns: what each rule finds, and what it says of accounts that follow none. */
export function measureRecall(): Row[] {
  const { records, plants, firstDay } = syntheticTraffic(TRAFFIC)
  const test = new BackTest(document)
  const started = performance.now()
  for (const record of records) test.add({ record, epochStart: firstDay })
  const seconds = (performance.now() - started) / 1_000
  const found = new Set(test.findings.map(({ rule, pseudonym }) => `${rule} ${pseudonym}`))
  const planted = new Set(plants.map(({ pseudonym }) => pseudonym))
  const recall = ruleCodes.map((code): Row => {
    const own = plants.filter(({ rule }) => rule === code)
    const hits = own.filter(({ pseudonym }) => found.has(`${code} ${pseudonym}`)).length
    return { name: `supervision.recall.${code}`, value: (100 * hits) / own.length, unit: '%' }
  })
  const ordinary = test.findings.filter(({ pseudonym }) => !planted.has(pseudonym))
  const perThousand = (rules: readonly string[]): number =>
    (1_000 * ordinary.filter(({ rule }) => rules.includes(rule)).length) / records.length
  const alarms = ruleCodes.map((code): Row => ({
    ...{ name: `supervision.falseAlarms.${code}`, value: perThousand([code]) },
    unit: 'per 1,000 records',
  }))
  return [
    ...recall,
    ...alarms,
    {
      name: 'supervision.falseAlarms',
      // An account that passed the statutory line is a report, not a false alarm, whoever it is.
      value: perThousand(ruleCodes.filter((code) => code !== 'LARGE_VALUE')),
      unit: 'per 1,000 records',
    },
    {
      name: 'supervision.rulesRecordsPerSecond',
      value: records.length / seconds,
      unit: 'records/s',
    },
  ]
}

/** Settled chain → opened, in Postgres, with the rules run over it; the chain's making is not counted. */
export async function measureIndexing(say: (line: string) => void): Promise<Row[]> {
  const kernels = openKernels()
  const statistics = auditKeyFromSecret('statistics', 11n)
  const reader = await syntheticChain({
    ...{ kernels, transfers: INDEXED },
    auditKeys: { statistics, investigation: auditKeyFromSecret('investigation', 12n) },
  })
  const postgres = await startPostgres()
  try {
    const database = await openDatabase({ url: postgres.url })
    await migrate(database)
    const signer = privateKeyToAccount(`0x${'11'.repeat(32)}`)
    await insertRules(database, await signRules(document, signer))
    const indexer = new Indexer({
      ...{ database, reader, kernels, deployment: recordedDeployment, maxBlocks: 100n },
      keys: auditKeyRing([statistics]),
    })
    await indexer.prepare()
    const started = performance.now()
    await indexer.catchUp()
    const seconds = (performance.now() - started) / 1_000 - reader.generatorSeconds
    const [row] = await database.query<{ count: string }>(sql`
      select count(*) from record where status = 'opened'
    `)
    await database.close()
    if (Number(row?.count) !== INDEXED) throw new Error('not every record was indexed')
    say(`${INDEXED.toLocaleString('en')} records indexed in ${seconds.toFixed(1)} s`)
    return [
      {
        name: 'supervision.recordsIndexedPerSecond',
        value: INDEXED / seconds,
        unit: 'records/s',
      },
    ]
  } finally {
    await postgres.stop()
  }
}
