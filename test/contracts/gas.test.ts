import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { measureSettlementGas, type SettlementGas } from '../support/settlementGas.ts'

const pins = new URL('gas.json', import.meta.url)

/**
 * Zero bytes cost 4 gas and others 16: the day, and by it the proofs, differ from run to run. All
 * else is from fixed seeds.
 */
const TOLERANCE = 60

// CINNABAR_UPDATE_PINS=1 rewrites the pins; the diff is to be reviewed.
test('gas is what gas.json says', async () => {
  const measured = await measureSettlementGas()
  if (process.env['CINNABAR_UPDATE_PINS'] === '1') {
    await writeFile(pins, `${JSON.stringify(measured, null, 2)}\n`)
  }
  const pinned = JSON.parse(await readFile(pins, 'utf8')) as SettlementGas
  assert.deepEqual(Object.keys(measured), Object.keys(pinned))
  for (const [name, value] of Object.entries(measured)) {
    const expected = pinned[name as keyof SettlementGas]
    assert.ok(
      Math.abs(value - expected) <= TOLERANCE,
      `${name}: ${String(value)} gas, pinned ${String(expected)}`,
    )
  }
})
