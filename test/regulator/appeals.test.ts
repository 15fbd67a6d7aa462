import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createPublicClient, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { hashAppealFile } from '../../api/appeals.ts'
import type { Appeal, IdentityOffer } from '../../api/identityFiles.ts'
import { formatIdentityFile } from '../../api/identityFiles.ts'
import { answerAppealCall, fileAppealCall, findAppeal, readAppeals } from '../../l1/appeals.ts'
import type { ChainClient } from '../../l1/client.ts'
import { submitTransaction } from '../../l1/submitTransaction.ts'
import { bytesToHex, formatField } from '../../protocol/field.ts'
import { checkAppeal, makeAppealAnswer } from '../../regulator/appeals.ts'
import type { RegistrarState } from '../../regulator/registrar.ts'
import { makeAppeal, readAnswer, readAppeal } from '../../wallet/appeals.ts'
import { emptyState } from '../../wallet/state.ts'
import type { Wallet } from '../../wallet/wallet.ts'
import { aDomain, aPerson } from '../support/identities.ts'
import { memoryTransactionStore, registerAlice } from '../support/l1Rollup.ts'
import { seededBytes, startTestRollup, type TestRollup } from '../support/settlement.ts'

const INDEX = 5n
const TEXT = 'The court order names another person of my name.'

/** As much of a wallet as an appeal needs. */
function aWallet(name = 'alice', index: bigint | null = INDEX): Wallet {
  const { keys } = aPerson(name, INDEX)
  const { ledger, ...rest } = emptyState()
  const registered = index === null ? ledger : { ...ledger, identityIndex: index }
  const state = { ...rest, ledger: registered }
  return { keys, state, domain: aDomain, randomBytes: seededBytes(name) } as unknown as Wallet
}

function aRegistrar(name = 'alice'): RegistrarState {
  const { keys } = aPerson(name, INDEX)
  const offer = { ownerKey: formatField(keys.ownerKey) } as IdentityOffer
  const entry = { index: Number(INDEX), state: 'admitted' as const, reference: 'file 17', offer }
  return { domain: aDomain, nextIndex: 6, entries: [entry] }
}

const answerTo = (appeal: Appeal, text = 'It does. The freeze is lifted.') =>
  makeAppealAnswer(appeal, { decision: 'upheld', text, randomBytes: seededBytes('answer') })

describe('an appeal', () => {
  const appeal = makeAppeal(aWallet(), TEXT)

  test('accepts: what its owner signed, by wallet and registrar', () => {
    assert.equal(checkAppeal(aRegistrar(), appeal).reference, 'file 17')
    assert.deepEqual(readAppeal(aWallet(), formatIdentityFile(appeal)), appeal)
  })

  test('behavior: the hash is salted, so that the same text twice is two appeals', () => {
    const wallet = aWallet()
    const [one, two] = [makeAppeal(wallet, TEXT), makeAppeal(wallet, TEXT)]
    assert.notEqual(hashAppealFile(one), hashAppealFile(two))
  })

  test('behavior: no secret of the wallet is in the file', () => {
    const { keys } = aPerson('alice', INDEX)
    const file = formatIdentityFile(appeal)
    for (const key of [keys.spendingKey, keys.nullifierKey, keys.viewingKey]) {
      assert.ok(!file.includes(formatField(key).slice(2)))
      assert.ok(!file.includes(key.toString()))
    }
  })

  const changes: [string, (appeal: Appeal) => Appeal][] = [
    ['text', (a) => ({ ...a, text: 'I confess.' })],
    ['salt', (a) => ({ ...a, salt: bytesToHex(new Uint8Array(32)) })],
    ['index', (a) => ({ ...a, authority: { ...a.authority, identityIndex: '6' } })],
    ['owner', (a) => ({ ...a, authority: makeAppeal(aWallet('mallory'), TEXT).authority })],
    [
      'signature',
      (a) => ({
        ...a,
        authority: {
          ...a.authority,
          signature: { ...a.authority.signature, s: formatField(7n) },
        },
      }),
    ],
  ]
  for (const [what, change] of changes) {
    test(`rejects: another ${what} than was signed`, () => {
      const changed = change(appeal)
      assert.throws(() => checkAppeal(aRegistrar(), changed), { code: 'REGISTRAR_APPEAL_REFUSED' })
      assert.throws(() => readAppeal(aWallet(), formatIdentityFile(changed)), {
        code: 'APPEAL_UNUSABLE',
      })
    })
  }

  test('rejects: another person’s, who signed it well', () => {
    const other = makeAppeal(aWallet('mallory'), TEXT)
    assert.throws(() => checkAppeal(aRegistrar(), other), { code: 'REGISTRAR_APPEAL_REFUSED' })
  })

  test('rejects: another deployment, an index that is not kept, nothing said, nobody registered', () => {
    const elsewhere = { ...aRegistrar(), domain: 1n }
    assert.throws(() => checkAppeal(elsewhere, appeal), { code: 'REGISTRAR_APPEAL_REFUSED' })
    const nobody = { ...aRegistrar(), entries: [] }
    assert.throws(() => checkAppeal(nobody, appeal), { code: 'REGISTRAR_IDENTITY_UNKNOWN' })
    assert.throws(() => makeAppeal(aWallet(), ' \n'), { code: 'APPEAL_UNUSABLE' })
    const stranger = () => makeAppeal(aWallet('alice', null), TEXT)
    assert.throws(stranger, { code: 'IDENTITY_NOT_REGISTERED' })
    assert.throws(() => answerTo(appeal, ''), { code: 'REGISTRAR_APPEAL_REFUSED' })
  })
})

describe('appeals on the base chain', () => {
  let rollup: TestRollup
  let client: ChainClient
  const appeal = makeAppeal(aWallet(), TEXT)
  const named = { index: INDEX, appealHash: hashAppealFile(appeal) }
  const view = () => ({ client, deployment: rollup.deployment })
  const submit = (who: number, purpose: string, call: ReturnType<typeof fileAppealCall>) =>
    submitTransaction({
      ...{ client, purpose, ...call },
      account: privateKeyToAccount(rollup.chain.accounts[who]?.privateKey ?? '0x'),
      store: memoryTransactionStore(),
      chainId: rollup.deployment.chainId,
      pollMs: 10,
    })

  before(async () => {
    rollup = await startTestRollup()
    client = createPublicClient({ transport: http(rollup.chain.rpcUrl), cacheTime: 0 })
    await registerAlice(rollup)
  })
  after(() => rollup.stop())

  test('default: filed by anybody, answered by the registrar, and the answer checked by its hash', async () => {
    assert.equal(await findAppeal(view(), named), undefined)
    await submit(2, 'file', fileAppealCall(rollup.deployment, named))
    const filed = await findAppeal(view(), named)
    assert.equal(filed?.answerHash, undefined)
    assert.equal(filed?.sender, rollup.users[1]?.address)
    assert.equal(filed?.filedAt, await rollup.now())

    const answer = answerTo(appeal)
    const file = formatIdentityFile(answer)
    // What is not on the chain is no answer, whoever wrote it.
    assert.throws(() => readAnswer({ appeal, record: filed }, file), { code: 'APPEAL_UNUSABLE' })
    const answerHash = hashAppealFile(answer)
    await submit(0, 'answer', answerAppealCall(rollup.deployment, { ...named, answerHash }))
    const record = await findAppeal(view(), named)
    assert.equal(record?.answerHash, answerHash)
    assert.deepEqual(readAnswer({ appeal, record }, file), answer)
    const changed = formatIdentityFile({ ...answer, decision: 'dismissed' })
    assert.throws(() => readAnswer({ appeal, record }, changed), { code: 'APPEAL_UNUSABLE' })
    const other = formatIdentityFile(answerTo(makeAppeal(aWallet('bob'), TEXT)))
    assert.throws(() => readAnswer({ appeal, record }, other), { code: 'APPEAL_UNUSABLE' })
    assert.equal((await readAppeals(view())).length, 1)
  })
})
