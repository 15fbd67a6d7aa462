import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { ChainEvent, ChainReader } from '../../l1/chainEvents.ts'
import { mulBase8 } from '../../protocol/babyjubjub.ts'
import { hashIdentity } from '../../protocol/identity.ts'
import { openIdentity, sealIdentity } from '../../protocol/sealedIdentity.ts'
import type { AuditKeyRing } from '../../regulator/auditKeys.ts'
import { isOpened } from '../../regulator/openRecords.ts'
import { readChain, type ReadChainParameters } from '../../regulator/readChain.ts'
import { formatCsv, formatTable, toJson } from '../../regulator/report.ts'
import { collect, send, withdraw } from '../../wallet/pay.ts'
import { getAddress } from '../../wallet/wallet.ts'
import '../support/lightPassphrases.ts'
import type { RecordedChain } from '../support/recordedChain.ts'
import { auditSecretI, auditSecretL, auditSecretS } from '../support/transfers.ts'
import { aChain, aPersonWithWallet, ether, type Person, queueDeposit } from '../support/wallets.ts'

function ringOf(secret: bigint): AuditKeyRing {
  const auditKey = mulBase8(secret)
  return { secretOf: ({ x, y }) => (x === auditKey.x && y === auditKey.y ? secret : undefined) }
}
/** The recorded chain's epoch, which its keys depend on. */
const EPOCH = 1n
const statistics = ringOf(auditSecretS + EPOCH)
const investigation = ringOf(auditSecretI + EPOCH)
const units = (asset: bigint, amount: bigint) => `${String(amount)} of ${String(asset)}`

let chain: RecordedChain
let people: Person[]
before(async () => {
  chain = aChain()
  const alice = await aPersonWithWallet(chain, 'alice')
  const bob = await aPersonWithWallet(chain, 'bob')
  people = [alice, bob]
  const pay = (from: Person, to: Person, amount: bigint) =>
    send(from, { asset: ether, payments: [{ address: getAddress(to.wallet), amount }] })
  queueDeposit(alice, { amount: 500n })
  chain.advance()
  await pay(alice, bob, 120n)
  chain.advance()
  await pay(alice, bob, 30n)
  chain.advance()
  await collect(bob, { asset: ether })
  chain.advance()
  await withdraw(bob, {
    asset: ether,
    amount: 50n,
    recipient: '0x00000000000000000000000000000000000000aa',
  })
  chain.advance()
})
after(() => {
  for (const person of people) person.close()
})

describe('readChain', () => {
  test('default: with both keys, every transfer is read and nothing is found', async () => {
    const read = await readChain(chain, { fromBlock: 1n, statistics, investigation })
    assert.equal(read.transfers.length, 4)
    assert.deepEqual(read.findings, [])
    assert.ok(read.transfers.every((t) => isOpened(t.statistics) && isOpened(t.investigation)))
    assert.deepEqual(read.totals.get(ether), {
      deposited: 500n,
      sent: 150n,
      takenIn: 650n,
      withdrawn: 50n,
      fees: 0n,
    })
  })

  test('behavior: with key S alone nobody is named', async () => {
    const { transfers, findings } = await readChain(chain, { fromBlock: 1n, statistics })
    assert.deepEqual(findings, [])
    assert.ok(transfers.every(({ investigation: half }) => half === 'keyMissing'))
    const text = formatTable(transfers, () => 'somebody', units)
    assert.match(text, /120 of 1/)
    assert.doesNotMatch(text, /somebody|sender/)
  })

  test('behavior: with key I alone no amount is shown', async () => {
    const { transfers } = await readChain(chain, { fromBlock: 1n, investigation })
    const text = formatTable(transfers, () => undefined, units)
    assert.match(text, /sender/)
    assert.doesNotMatch(text, /120 of 1|taken in/)
  })

  test('behavior: with another key every record stays closed, and none reads as garbage', async () => {
    const { transfers } = await readChain(chain, { fromBlock: 1n, statistics: ringOf(7n) })
    assert.ok(transfers.every(({ statistics: half }) => half === 'keyMissing'))
  })

  test('alarm: a record that does not open under its own key is reported', async () => {
    const tampered = changing(chain, (event) =>
      event.type !== 'batchSettled'
        ? event
        : {
            ...event,
            transfers: event.transfers.map((transfer) => ({
              ...transfer,
              publicInputs: {
                ...transfer.publicInputs,
                investigationCiphertext: transfer.publicInputs.investigationCiphertext.map(
                  (word) => word ^ (1n << 250n),
                ),
              },
            })),
          },
    )
    const keys = { fromBlock: 1n, statistics, investigation }
    const unreadable = async (more: Pick<ReadChainParameters, 'largeValue'>): Promise<number> => {
      const { findings } = await readChain(tampered, { ...keys, ...more })
      return findings.filter(({ code }) => code === 'RECORD_UNREADABLE').length
    }
    // Without key L nobody can tell a broken record from one that is for it.
    assert.equal(await unreadable({}), 0)
    assert.equal(await unreadable({ largeValue: ringOf(auditSecretL + EPOCH) }), 4)
  })

  test('rejects: an identity root that does not follow from the published updates', async () => {
    const lying = changing(chain, (event) =>
      event.type === 'identityUpdated' ? { ...event, newLeaf: event.newLeaf + 1n } : event,
    )
    await assert.rejects(readChain(lying, { fromBlock: 1n }), { code: 'REGISTRY_ROOT_MISMATCH' })
  })
})

describe('reports', () => {
  test('CSV has a line a transfer, and a name cannot become a formula', async () => {
    const { transfers } = await readChain(chain, { fromBlock: 1n, statistics, investigation })
    const csv = formatCsv(transfers, () => '=HYPERLINK("x"),\n', units)
    const [header] = csv.split('\r\n')
    assert.match(header ?? '', /^batch,slot,day,kind,asset/)
    assert.equal(csv.split('\r\n').length, 1 + 4 + 1)
    assert.doesNotMatch(csv, /(^|,)"?=/m)
  })

  test('JSON carries amounts as decimal text and needs no bigint', async () => {
    const { transfers } = await readChain(chain, { fromBlock: 1n, statistics, investigation })
    const parsed = JSON.parse(JSON.stringify(toJson(transfers, () => undefined))) as {
      statistics: { amount1: string }
    }[]
    assert.equal(parsed[0]?.statistics.amount1, '120')
  })
})

describe('sealIdentity', () => {
  const ephemeralSecret = 987_654_321n
  const seal = () => {
    const identity = people[0]?.identity
    assert.ok(identity !== undefined)
    const file = { identity, reference: 'file 17' }
    const sealed = sealIdentity({
      file,
      auditKey: mulBase8(auditSecretI),
      ephemeralSecret,
      randomBytes: (length) => randomBytes(length),
    })
    return { file, sealed, leaf: hashIdentity(identity) }
  }

  test('default: the key opens what was sealed', () => {
    const { file, sealed, leaf } = seal()
    assert.deepEqual(openIdentity({ sealed, leaf, auditSecret: auditSecretI }), file)
  })

  test('rejects: another key, another leaf, another length, a changed byte', () => {
    const { sealed, leaf } = seal()
    const open = (bytes: Uint8Array, ofLeaf: bigint = leaf, auditSecret = auditSecretI) =>
      openIdentity({ sealed: bytes, leaf: ofLeaf, auditSecret })
    assert.equal(open(sealed, leaf, auditSecretS), undefined)
    assert.equal(open(sealed, leaf + 1n), undefined)
    assert.equal(open(sealed.slice(1)), undefined)
    const changed = sealed.slice()
    changed[100] = (changed[100] ?? 0) ^ 1
    assert.equal(open(changed), undefined)
  })
})

/** The same chain with each event passed through `change`. */
function changing(inner: ChainReader, change: (event: ChainEvent) => ChainEvent): ChainReader {
  return {
    getHead: () => inner.getHead(),
    getBlock: (number) => inner.getBlock(number),
    getEvents: async (range) => (await inner.getEvents(range)).map(change),
  }
}
