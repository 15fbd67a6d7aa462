// A story: a month in which nothing happens. What the supervisor's store says of it is held against what was settled.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { privateKeyToAccount } from 'viem/accounts'
import type { ChainReader } from '../../l1/chainEvents.ts'
import { openPortableKernels } from '../../prover/kernels.ts'
import { auditKeyFromSecret, auditKeyRing } from '../../regulator/auditKeys.ts'
import { defaultRules } from '../../regulator/rules/defaults.ts'
import { signRules } from '../../regulator/rules/signedRules.ts'
import { aggregateRecords } from '../../regulator/store/aggregateRecords.ts'
import { sql } from '../../regulator/store/database.ts'
import { insertRules } from '../../regulator/store/insertRules.ts'
import { aRulesDocument } from '../support/rules.ts'
import { syntheticChain } from '../support/syntheticChain.ts'
import { anIndexer, aSupervisorServer, type SupervisorServer } from '../support/supervisors.ts'

/** 1 November 2026. */
const FIRST_DAY = 20_758n
const DAYS = 30n
/** A batch of fifteen a day: one payment of each of fifteen people, which the synthetic chain passes on for ever. */
const PEOPLE = 15
const AMOUNT = 100n
/** The synthetic chain's batches before its first transfer. */
const DEPOSIT_BATCHES = 4n
const statistics = auditKeyFromSecret('statistics', 11n)

let server: SupervisorServer
before(async () => {
  server = await aSupervisorServer()
})
after(() => server.stop())

/** The same chain, a batch a day. */
function aDayABatch(inner: ChainReader): ChainReader {
  return {
    getHead: () => inner.getHead(),
    getBlock: (number) => inner.getBlock(number),
    getEvents: async (range) =>
      (await inner.getEvents(range)).map((event) => {
        if (event.type !== 'batchSettled') return event
        const day = FIRST_DAY + event.batchNumber - 1n - DEPOSIT_BATCHES
        return {
          ...event,
          transfers: event.transfers.map((transfer) => ({
            ...transfer,
            publicInputs: { ...transfer.publicInputs, day },
          })),
        }
      }),
  }
}

describe('a routine month', () => {
  test('default: statistics are what was settled, day by day, and the default rules say nothing', async () => {
    const { database, close } = await server.open()
    try {
      const kernels = openPortableKernels()
      const investigation = auditKeyFromSecret('investigation', 12n)
      const chain = await syntheticChain({
        ...{ kernels, transfers: PEOPLE * Number(DAYS) },
        auditKeys: { statistics, investigation },
      })
      const { rules } = defaultRules('pboc-cash', 100n)
      const signer = privateKeyToAccount(`0x${'11'.repeat(32)}`)
      await insertRules(database, await signRules(aRulesDocument(rules), signer))
      const indexer = anIndexer(database, aDayABatch(chain), {
        ...{ kernels, keys: auditKeyRing([statistics]), maxBlocks: 7n },
      })
      await indexer.prepare()
      await indexer.catchUp()

      const month = { fromDay: FIRST_DAY, toDay: FIRST_DAY + DAYS - 1n }
      const aDay = { asset: 1n, tier: 1, jurisdiction: 756, transfers: PEOPLE, senders: PEOPLE }
      const sums = { sent: AMOUNT * BigInt(PEOPLE), takenIn: AMOUNT * BigInt(PEOPLE) }
      assert.deepEqual(
        await aggregateRecords(database, month),
        Array.from({ length: Number(DAYS) }, (_, i) => ({
          ...{ day: FIRST_DAY + BigInt(i), ...aDay, ...sums, withdrawn: 0n, fees: 0n },
        })),
      )
      const states = await database.query<{ status: string; count: string }>(
        sql`select status, count(*) from record group by status`,
      )
      assert.deepEqual(states, [{ status: 'opened', count: String(PEOPLE * Number(DAYS)) }])
      assert.deepEqual(await database.query(sql`select rule from alert`), [])

      // The same month under lines that it does pass: the rules were looking.
      const lower = { velocity: { payments: 30, days: 31 } }
      const other = await server.open()
      try {
        await insertRules(other.database, await signRules(aRulesDocument(lower), signer))
        const again = anIndexer(other.database, aDayABatch(chain), {
          ...{ kernels, keys: auditKeyRing([statistics]) },
        })
        await again.prepare()
        await again.catchUp()
        const [found] = await other.database.query<{ count: string }>(
          sql`select count(distinct pseudonym) from alert where rule = 'VELOCITY'`,
        )
        assert.equal(found?.count, String(PEOPLE))
      } finally {
        await other.close()
      }
    } finally {
      await close()
    }
  })
})
