import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { type Contract } from 'ethers'
import { ROLE_IDS } from '../../deploy/contracts/roles.ts'
import { createChainReader } from '../../l1/chainReader.ts'
import { createChainClient } from '../../l1/client.ts'
import { createTransactionAccount } from '../../l1/transactionAccount.ts'
import { fileTransactionStore } from '../../l1/transactionStore.ts'
import { mulBase8 } from '../../protocol/babyjubjub.ts'
import { dayOf } from '../../protocol/calendar.ts'
import { MAX_SUSPENSION_DAYS, REGISTRY_MODE } from '../../protocol/constants.ts'
import { bytesToHex, formatField } from '../../protocol/field.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import type { AuditKeyKind } from '../../regulator/auditKeys.ts'
import { decodePoint } from '../../regulator/committee/bodies.ts'
import type { CommitteeFile } from '../../regulator/committee/committeeFile.ts'
import type { Announcement, Case, Item, Scope } from '../../regulator/orders/documents.ts'
import {
  type Actor,
  announceOpenings,
  approveOrder,
  fileOrder,
  logOf,
  makeAnnouncement,
} from '../../regulator/orders/orderActions.ts'
import type { ChainSource } from '../../regulator/orders/openingChain.ts'
import { OrderFolder } from '../../regulator/orders/orderFolder.ts'
import { anAuditRecord, type Subject } from './auditRecords.ts'
import { random } from './committees.ts'
import { aGroup, type Group, groupRegistrar, startServices } from './memberServices.ts'
import {
  settle,
  SettleBuilder,
  type SlotParameters,
  startTestRollup,
  type TestRollup,
} from './settlement.ts'

export const anna: Subject = { index: 7n, traceSecret: 700_001n }
export const bert: Subject = { index: 8n, traceSecret: 800_001n }

/**
 * Contracts whose key I is a committee's of 3 of 5, whose key L is another one's of 2 of 3, and whose key S is one holder's, with
 * settled records of two people.
 */
export type SupervisedChain = {
  readonly rollup: TestRollup
  readonly source: ChainSource
  readonly committee: Group
  readonly holder: Group
  readonly largeValue: Group
  readonly files: Readonly<Record<AuditKeyKind, CommitteeFile>>
  readonly builder: SettleBuilder
  readonly officer: Actor
  readonly reviewer: Actor
  readonly judge: Actor
  readonly folder: OrderFolder
  /** Settles one batch of records; what each is named by. */
  settleRecords(...slots: readonly (SlotParameters | RecordOf)[]): Promise<RecordItem[]>
  stop(): Promise<void>
}
export type RecordItem = Extract<Item, { type: 'record' }>
export type RecordOf = {
  readonly sender: Subject
  readonly recipients?: readonly bigint[]
  readonly amounts?: readonly bigint[]
  readonly nonce: bigint
  /** Above the day's threshold: its investigation record is for L. */
  readonly isReported?: boolean
}

export async function startSupervisedChain(): Promise<SupervisedChain> {
  const [committee, holder, largeValue] = await Promise.all([aGroup(5), aGroup(1), aGroup(3)])
  const files: Partial<Record<AuditKeyKind, CommitteeFile>> = {}
  const registrarOf = (group: Group, kind: AuditKeyKind, threshold: number) =>
    groupRegistrar(group, { threshold, onFile: (file) => (files[kind] = file) })
  const rollup = await startTestRollup({
    config: { auditKeyDelay: 0n },
    registrars: {
      investigation: registrarOf(committee, 'investigation', 3),
      statistics: registrarOf(holder, 'statistics', 1),
      largeValue: registrarOf(largeValue, 'largeValue', 2),
    },
  })
  const { deployment, chain } = rollup
  const client = createChainClient({ rpcUrl: chain.rpcUrl })
  const source = { client, deployment, reader: createChainReader({ client, deployment }) }
  for (const group of [committee, holder, largeValue]) await startServices(group, { source })
  const dir = await mkdtemp(join(committee.dir, 'orders-'))
  const manager = rollup.contract('accessManager')
  await (await manager['grantRole']?.(ROLE_IDS.reviewer, chain.accounts[1]!.address, 0)).wait()
  await (await manager['grantRole']?.(ROLE_IDS.judge, chain.accounts[2]!.address, 0)).wait()
  const actorOf = (i: number): Actor => ({
    ...{ client, deployment },
    account: createTransactionAccount(chain.accounts[i]!.privateKey),
    store: fileTransactionStore(join(dir, `transactions-${String(i)}.json`)),
  })
  await register(rollup, anna)
  await register(rollup, bert)
  const builder = new SettleBuilder(rollup)
  let batch = 0
  let ephemeralSecret = 5_000n
  return {
    ...{ rollup, source, committee, holder, largeValue, builder },
    files: files as SupervisedChain['files'],
    officer: actorOf(0),
    reviewer: actorOf(1),
    judge: actorOf(2),
    folder: new OrderFolder(join(dir, 'files')),
    async settleRecords(...slots) {
      const today = await rollup
        .contract('supervisionRegistry')
        ['keysOfDay']?.((await builder.context()).day)
      const [, sx, sy, ix, iy, lx, ly] = today
      const call = await builder.call([
        {
          slots: slots.map((slot) =>
            'sender' in slot
              ? {
                  record: anAuditRecord({
                    ...slot,
                    auditKeyS: { x: sx, y: sy },
                    auditKeyI: { x: ix, y: iy },
                    ...(slot.isReported === true ? { recordKey: { x: lx, y: ly } } : {}),
                    ephemeralSecret: ephemeralSecret++,
                  }),
                }
              : slot,
          ),
        },
      ])
      await settle(rollup, call)
      batch += 1
      return call.batches[0]!.slots.flatMap((slot, i) =>
        slot.kind === 'empty'
          ? []
          : [
              {
                ...{ type: 'record' as const, batch: String(batch), slot: i },
                nullifier: formatField(slot.nullifier),
              },
            ],
      )
    },
    async stop() {
      await Promise.all([committee.stop(), holder.stop(), largeValue.stop()])
      await rollup.stop()
    },
  }
}

/** An identity whose T is on the chain. */
async function register(rollup: TestRollup, { index, traceSecret }: Subject): Promise<void> {
  const registry: Contract = rollup.contract('identityRegistry')
  const [, oldRoot] = await registry['current']?.()
  const { x, y } = mulBase8(traceSecret)
  const { domain } = rollup.deployment
  const newLeaf = 1_000n + index
  const latestSuspension = dayOf(await rollup.now()) + BigInt(MAX_SUSPENSION_DAYS)
  const update = {
    mode: REGISTRY_MODE.FILL,
    ...{ index, oldLeaf: 0n, newLeaf, newRoot: 2_000n + index },
    proof: rollup.keys.prove(
      'registry',
      publicInputsToArray('registry', {
        ...{ domain, oldRoot, newRoot: 2_000n + index, index, oldLeaf: 0n, newLeaf },
        mode: BigInt(REGISTRY_MODE.FILL),
        ...{ tierCap: 255n, latestSuspension },
      }),
    ),
    tracePoint: [x, y],
    registrationProof: rollup.keys.prove(
      'registration',
      publicInputsToArray('registration', { domain, index, leaf: newLeaf, tracePoint: [x, y] }),
    ),
    order: 0n,
    latestSuspension,
    sealedContents: '0x',
  }
  await (await registry['update']?.(update)).wait()
}

type ScopeRest = Pick<Scope, 'kind'> & Record<string, unknown>

/** Files an order and has it approved by reviewer and judge. */
export async function anOrder(
  { officer, reviewer, judge, folder }: SupervisedChain,
  rest: ScopeRest,
  {
    limit = 10,
    approvals = 2,
    isEmergency = false,
  }: { limit?: number; approvals?: 0 | 1 | 2; isEmergency?: boolean } = {},
): Promise<{ order: bigint; scope: Scope; caseDocument: Case }> {
  const scope = {
    type: 'cinnabar.scope',
    version: 1,
    ...logOf(officer.deployment),
    keys: ['statistics', 'investigation'],
    ...rest,
    salt: bytesToHex(random(32)),
  } as Scope
  const caseDocument: Case = {
    type: 'cinnabar.case',
    version: 1,
    file: bytesToHex(random(32)),
    salt: bytesToHex(random(32)),
  }
  const filing = { scope, caseDocument, legalBasis: 12, limit, isEmergency }
  const { order } = await fileOrder(officer, filing)
  await folder.create(order, { scope, caseDocument })
  if (approvals > 0) await approveOrder(reviewer, { order, role: 'reviewer' })
  if (approvals > 1) await approveOrder(judge, { order, role: 'judge' })
  return { order, scope, caseDocument }
}

/** Announces items under an order. */
export async function announce(
  { officer, folder }: SupervisedChain,
  order: bigint,
  items: Item[],
): Promise<Announcement> {
  const announcement = makeAnnouncement(officer.deployment, { order, items, randomBytes: random })
  await folder.addAnnouncement(order, announcement)
  await announceOpenings(officer, announcement)
  return announcement
}

export function transfersScope(...items: readonly RecordItem[]): ScopeRest {
  return {
    kind: 'transfers',
    transfers: items.map(({ batch, slot, nullifier }) => ({ batch, slot, nullifier })),
  }
}

export function keyOf({ committee }: CommitteeFile) {
  return decodePoint(committee.publicKey)
}
