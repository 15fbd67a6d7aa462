import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { encodeFunctionData } from 'viem'
import {
  type ApiClient,
  createApiClient,
  type StatusBody,
  type TransferSubmission,
} from '../../api/index.ts'
import { type Devnet, startDevnet } from '../../demo/devnet.ts'
import { abis } from '../../l1/bindings.ts'
import {
  decodeSettleInput,
  encodeSettleInput,
  type SettleCall,
  type SettleTransfer,
} from '../../l1/codec.ts'
import { encodeForcedEntry } from '../../l1/forcedEntry.ts'
import { type CurvePoint, mulBase8 } from '../../protocol/babyjubjub.ts'
import { FIELD_ORDER } from '../../protocol/constants.ts'
import { formatField, hexToBytes } from '../../protocol/field.ts'
import { publicInputsFromArray } from '../../protocol/publicInputs.ts'
import { auditKeyRing } from '../../regulator/auditKeys.ts'
import { isOpened } from '../../regulator/openRecords.ts'
import { readChain } from '../../regulator/readChain.ts'
import { defaultLimits } from '../../sequencer/server/limits.ts'
import { type RunningSequencer, startSequencer } from '../../sequencer/startSequencer.ts'
import {
  depositEther,
  type LivePayer,
  type ProvedPayment,
  provePayment,
  registerPayer,
} from '../support/livePayers.ts'
import { publicInputPosition } from '../support/publicInputPosition.ts'
import { waitFor } from '../support/waitFor.ts'

// One story: a client who may run any software tries, in every way that the interface, the proof and the contract
// leave, to settle a transfer that the supervisors cannot open. Real proofs, a real sequencer, real contracts. That no
// false witness satisfies the circuit is test/circuits/transferClauses.test.ts (T8–T11), clause by clause.

/** On the curve and in the subgroup, and nobody's audit key. */
const own = mulBase8(123_456_789n)
/** What a settled slot or a forced entry could say instead of what was proved. */
const changes: [string, (transfer: SettleTransfer) => Partial<SettleTransfer>][] = [
  [
    'statistics words exchanged',
    ({ statisticsCiphertext: [one, two] }) => ({ statisticsCiphertext: [two, one] }),
  ],
  ['statistics of zeros', () => ({ statisticsCiphertext: [0n, 0n] })],
  ['investigation of zero', () => ({ investigationCiphertext: [0n] })],
  ['another ephemeral', () => ({ ephemeral: [own.x, own.y] })],
  ['another trace tag', ({ traceTag }) => ({ traceTag: traceTag ^ 1n })],
]

describe('a client who hides from the supervisors', () => {
  let devnet: Devnet
  let running: RunningSequencer
  let api: ApiClient
  let payer: LivePayer
  let other: LivePayer
  let honest: ProvedPayment
  /** A valid proof under a key S of the client's own. */
  let foreign: TransferSubmission | undefined

  before(async () => {
    devnet = await startDevnet({ onProgress: () => undefined })
    payer = await registerPayer(devnet, { name: 'mallory', index: 3n })
    other = await registerPayer(devnet, { name: 'oscar', index: 9n })
    running = await startSequencer({
      deployment: devnet.deployment,
      rpcUrl: devnet.chain.rpcUrl,
      databaseUrl: devnet.postgres.url,
      l1PrivateKey: devnet.accounts.sequencer.privateKey,
      receiptPrivateKey: `0x${'1f'.repeat(32)}`,
      batchAgeMs: 300,
      pollMs: 50,
      prover: devnet.prover,
      limits: { ...defaultLimits, requestsPerMinute: 100_000 },
    })
    api = createApiClient({ url: running.url })
    const note = await depositEther(devnet, payer, { amount: 1_000_000n, counter: 0n })
    await waitFor('sealed deposit', async () => (await api.getBatches()).batches[0])
    honest = await provePayment(devnet, api, payer, {
      inputs: [note],
      payments: [{ to: other.person, amount: 300_000n }],
    })
  })
  after(async () => {
    await running?.stop()
    await devnet?.stop()
  })

  const refuses = (submission: TransferSubmission, code: string) =>
    assert.rejects(api.submitTransfer(submission), { code })

  /** The interface as the client would like it to be: other keys, another epoch. */
  function lying(change: (status: StatusBody) => Partial<StatusBody>): ApiClient {
    return {
      ...api,
      getStatus: async () => {
        const status = await api.getStatus()
        return { ...status, ...change(status) }
      },
    }
  }
  const pair = ({ x, y }: CurvePoint): [`0x${string}`, `0x${string}`] => [
    formatField(x),
    formatField(y),
  ]
  const proveUnder = (change: (status: StatusBody) => Partial<StatusBody>) =>
    // An asset in which nothing was opened yet: no state is needed for another statement.
    provePayment(devnet, lying(change), payer, { asset: 2n })

  /** The honest statement with some public inputs replaced, under its real proof. */
  function edited(change: (at: (name: string, i?: number) => number, words: bigint[]) => void) {
    const words = honest.submission.publicInputs.map(BigInt)
    change((name, i = 0) => publicInputPosition('transfer', name) + i, words)
    return {
      ...honest.submission,
      publicInputs: words.map((word): `0x${string}` => `0x${word.toString(16).padStart(64, '0')}`),
    }
  }

  const proofs: [string, (status: StatusBody) => Partial<StatusBody>][] = [
    ['a key S of its own', () => ({ auditKeyS: pair(own) })],
    ['a key I of its own', () => ({ auditKeyI: pair(own) })],
    [
      'keys S and I exchanged',
      ({ auditKeyS, auditKeyI }) => ({ auditKeyS: auditKeyI, auditKeyI: auditKeyS }),
    ],
    ['the number of an epoch to come', ({ epoch }) => ({ epoch: epoch + 1 })],
  ]
  for (const [name, change] of proofs) {
    test(`rejects: a valid proof under ${name}`, async () => {
      const { submission } = await proveUnder(change)
      foreign ??= submission
      await refuses(submission, 'TX_STALE_EPOCH')
    })
  }

  const lowOrder: [string, CurvePoint][] = [
    ['the identity', { x: 0n, y: 1n }],
    ['a point of order two', { x: 0n, y: FIELD_ORDER - 1n }],
    ['a point off the curve', { x: 1n, y: 1n }],
  ]
  for (const [name, point] of lowOrder) {
    test(`rejects: ${name} as an audit key: no tool of ours takes it, and no place does`, async () => {
      await assert.rejects(
        proveUnder(() => ({ auditKeyS: pair(point) })),
        { code: 'POINT_INVALID' },
      )
      const submission = edited((at, words) => {
        words[at('auditKeyI')] = point.x
        words[at('auditKeyI', 1)] = point.y
      })
      await refuses(submission, 'TX_STALE_EPOCH')
    })
  }

  const edits: [string, string, (at: (name: string, i?: number) => number, w: bigint[]) => void][] =
    [
      [
        'the two statistics words exchanged',
        'TX_PROOF_INVALID',
        (at, w) => {
          const [one, two] = [at('statisticsCiphertext'), at('statisticsCiphertext', 1)]
          ;[w[one], w[two]] = [w[two]!, w[one]!]
        },
      ],
      [
        'statistics and investigation exchanged',
        'TX_PROOF_INVALID',
        (at, w) => {
          const [one, two] = [at('statisticsCiphertext'), at('investigationCiphertext')]
          ;[w[one], w[two]] = [w[two]!, w[one]!]
        },
      ],
      [
        'a statistics word one more',
        'TX_PROOF_INVALID',
        (at, w) => void (w[at('statisticsCiphertext')]! += 1n),
      ],
      [
        'an investigation word of zero',
        'TX_PROOF_INVALID',
        (at, w) => void (w[at('investigationCiphertext')] = 0n),
      ],
      [
        'a word that means the same modulo r',
        'TX_FIELD_NOT_CANONICAL',
        (at, w) => void (w[at('statisticsCiphertext')]! += FIELD_ORDER),
      ],
      [
        'an ephemeral of another e',
        'TX_PROOF_INVALID',
        (at, w) => {
          w[at('ephemeral')] = own.x
          w[at('ephemeral', 1)] = own.y
        },
      ],
      [
        'the ephemeral negated',
        'TX_PROOF_INVALID',
        (at, w) => void (w[at('ephemeral')] = FIELD_ORDER - w[at('ephemeral')]!),
      ],
      ['another trace tag', 'TX_PROOF_INVALID', (at, w) => void (w[at('traceTag')]! ^= 1n)],
      [
        'its own key in the public inputs',
        'TX_STALE_EPOCH',
        (at, w) => {
          w[at('auditKeyS')] = own.x
          w[at('auditKeyS', 1)] = own.y
        },
      ],
    ]
  for (const [name, code, change] of edits) {
    test(`rejects: a real proof with ${name}`, () => refuses(edited(change), code))
  }

  test('rejects: the ephemeral and records of an earlier transfer used again', async () => {
    const fresh = await provePayment(devnet, api, other, { asset: 2n })
    const [from, into] = [honest.submission.publicInputs, [...fresh.submission.publicInputs]]
    for (const [name, length] of [
      ['ephemeral', 2],
      ['statisticsCiphertext', 2],
      ['investigationCiphertext', 1],
    ] as const) {
      const first = publicInputPosition('transfer', name)
      for (let i = first; i < first + length; i++) into[i] = from[i]!
    }
    await refuses({ ...fresh.submission, publicInputs: into }, 'TX_PROOF_INVALID')
  })

  test('default: the same transfer untouched settles, and the supervisors read all of it', async () => {
    const { id } = await api.submitTransfer(honest.submission)
    honest.accept()
    await waitFor('settlement', async () => {
      const state = await api.getTransfer(id)
      assert.notEqual(state.status, 'rejected', JSON.stringify(state.reason))
      return state.status === 'settled' ? state : undefined
    })
    const { transfers, findings } = await readChain(devnet.reader, {
      fromBlock: devnet.deployment.startBlock,
      statistics: auditKeyRing([devnet.statisticsKey]),
      investigation: auditKeyRing([devnet.investigationHolder!]),
      largeValue: auditKeyRing([devnet.largeValueKey]),
    })
    assert.deepEqual(findings, [])
    // Of all that was tried, this one alone is on the chain.
    assert.equal(transfers.length, 1)
    const [
      { statistics, investigation } = { statistics: 'malformed', investigation: 'malformed' },
    ] = transfers
    assert.ok(isOpened(statistics as object | 'malformed'))
    assert.ok(isOpened(investigation as object | 'malformed'))
    assert.equal((statistics as { amount1: bigint }).amount1, 300_000n)
    assert.equal((investigation as { sender: bigint }).sender, 3n)
  })

  /** The call that settled the honest transfer, and the block before it. */
  async function settledCall(): Promise<{ call: SettleCall; blockNumber: bigint }> {
    const { reader, client, deployment } = devnet
    const { number } = await reader.getHead()
    const events = await reader.getEvents({ from: deployment.startBlock, to: number })
    const settled = events.findLast(
      (event) => event.type === 'batchSettled' && event.transfers.length > 0,
    )
    assert.ok(settled !== undefined)
    const { input } = await client.getTransaction({ hash: settled.transactionHash })
    return { call: decodeSettleInput(input), blockNumber: settled.blockNumber - 1n }
  }

  test('rejects: a sequencer that colludes and settles other records than were proved', async () => {
    const { client, deployment, accounts } = devnet
    const { call, blockNumber } = await settledCall()
    /** As it would have been in the block before it was settled. */
    const settle = (changed: SettleCall) =>
      client.call({
        to: deployment.contracts.rollup,
        data: encodeSettleInput(changed),
        account: accounts.sequencer.address,
        blockNumber,
      })
    const withTransfer = (
      change: (transfer: SettleTransfer) => Partial<SettleTransfer>,
    ): SettleCall => ({
      ...call,
      batches: call.batches.map((batch) => ({
        ...batch,
        slots: batch.slots.map((slot) =>
          slot.kind === 'empty' || slot.kind === 'forced' ? slot : { ...slot, ...change(slot) },
        ),
      })),
    })
    await settle(call)
    for (const [name, change] of changes) {
      await assert.rejects(settle(withTransfer(change)), /revert/i, name)
    }
    // Which keys and epoch hold is no part of the calldata: the day decides, and it is checked.
    const anotherDay = call.contexts.map((context) => ({ ...context, day: context.day - 40n }))
    await assert.rejects(settle({ ...call, contexts: anotherDay }), /revert/i)
  })

  test('rejects: the same by force, where no operator looks: the contract supplies the keys', async () => {
    const { client, deployment, accounts } = devnet
    const { call, blockNumber } = await settledCall()
    const [context] = call.contexts
    const slot = call.batches
      .flatMap(({ slots }) => slots)
      .find((each): each is SettleTransfer => each.kind === 'transfer')
    assert.ok(context !== undefined && slot !== undefined && foreign !== undefined)
    const enter = (transfer: SettleTransfer) =>
      client.call({
        to: deployment.contracts.forcedQueue,
        data: encodeFunctionData({
          abi: abis.forcedQueue,
          functionName: 'enter',
          args: [encodeForcedEntry({ context, transfer })],
        }),
        account: accounts.ben.address,
        value: 10n ** 18n,
        blockNumber,
      })
    await enter(slot)
    for (const [name, change] of changes) {
      await assert.rejects(enter({ ...slot, ...change(slot) }), /revert/i, name)
    }
    // A proof that is valid, but under a key of the client's own.
    const publicInputs = publicInputsFromArray('transfer', foreign.publicInputs.map(BigInt))
    const underOwnKey: SettleTransfer = {
      ...publicInputs,
      ...{ kind: 'transfer', context: 0, fee: { amount: 0n, asset: 0n } },
      anchorBatch: BigInt(foreign.anchorBatch),
      memo: hexToBytes(foreign.memo),
      proof: foreign.proof.map(BigInt) as unknown as SettleTransfer['proof'],
    }
    await assert.rejects(enter(underOwnKey), /revert/i)
  })
})
