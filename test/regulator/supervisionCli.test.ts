import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { privateKeyToAccount } from 'viem/accounts'
import { type Devnet, startDevnet } from '../../demo/devnet.ts'
import { submitTransaction } from '../../l1/submitTransaction.ts'
import { anchorLogCall, readLogAnchors } from '../../l1/supervisionLog.ts'
import { fileTransactionStore } from '../../l1/transactionStore.ts'
import { createSealedFile } from '../../regulator/sealedFile.ts'
import { openDatabase, sql } from '../../regulator/store/database.ts'
import { readLog } from '../../regulator/store/listLogEntries.ts'
import { anAuthority } from '../support/certificates.ts'
import '../support/lightPassphrases.ts'
import { cinnabarArgs, runCinnabar } from '../support/runCinnabar.ts'
import { waitFor } from '../support/waitFor.ts'

describe('cinnabar regulator: the supervisor’s own store', () => {
  let devnet: Devnet
  let store: { url: string; drop: () => Promise<void> }
  let env: Record<string, string>
  let chain: string[]
  const passphrase = 'a long passphrase'
  const signerKey = `0x${'11'.repeat(32)}` as const
  const run = (...args: string[]) => runCinnabar(['regulator', ...args], env)
  const file = (name: string) => join(devnet.dir, name)
  before(async () => {
    devnet = await startDevnet({ onProgress: () => undefined })
    store = await devnet.postgres.createDatabase()
    env = {
      CINNABAR_REGULATOR_DATABASE_URL: store.url,
      CINNABAR_PASSPHRASE: passphrase,
      CINNABAR_REGULATOR_L1_KEY: devnet.accounts.officer.privateKey,
    }
    chain = ['--rpc', devnet.chain.rpcUrl, '--deployment', devnet.deploymentFile]
  })
  after(async () => {
    await store.drop()
    await devnet.stop()
  })

  test('default: rules drafted, signed and accepted; the chain indexed; a back-test', async () => {
    const draft = await run(
      ...['rules', 'draft', '--deployment', devnet.deploymentFile, '--profile', 'pboc-cash'],
      ...['--asset', '2', '--units-per-whole', '1000000'],
    )
    assert.equal(draft.code, 0, draft.stderr)
    await writeFile(file('rules.json'), draft.stdout)
    await writeFile(file('signer.key'), signerKey)
    const signed = await run('rules', 'sign', file('rules.json'), '--key-file', file('signer.key'))
    await writeFile(file('signed.json'), signed.stdout)
    const signer = privateKeyToAccount(signerKey).address
    const accept = (name: string, trusted: string) =>
      run(
        ...['rules', 'accept', file(name), '--deployment', devnet.deploymentFile],
        ...['--rules-signer', trusted],
      )
    const stranger = await accept('signed.json', `0x${'ab'.repeat(20)}`)
    assert.match(stranger.stderr, /RULES_SIGNATURE_INVALID/)
    const accepted = await accept('signed.json', signer)
    assert.equal(accepted.code, 0, accepted.stderr)

    const { kind, registrationSecret } = devnet.statisticsKey
    await createSealedFile(file('s.json'), passphrase, { kind, registrationSecret })
    const indexed = await run('index', ...chain, '--statistics-key', file('s.json'), '--once')
    assert.equal(indexed.code, 0, indexed.stderr)
    const tested = await run(
      ...['rules', 'backtest', file('signed.json'), '--from', '2026-01-01', '--to', '2026-12-31'],
    )
    assert.equal(tested.json()['records'], 0, tested.stderr)
  })

  test('default: accounts, and a log of it all that the base chain vouches for', async () => {
    const { certificate } = await (await anAuthority('supervisors')).issue('li.wei')
    await writeFile(file('li.pem'), certificate)
    const added = await run(
      ...['account', 'add', 'li.wei', '--role', 'analyst', '--certificate', file('li.pem')],
    )
    assert.equal(added.code, 0, added.stderr)
    // A certificate that ends is followed by another, under the same name.
    const renewed = await (await anAuthority('supervisors')).issue('li.wei')
    await writeFile(file('li.pem'), renewed.certificate)
    const change = ['account', 'change', 'li.wei']
    const changed = await run(...change, '--role', 'officer', '--certificate', file('li.pem'))
    assert.equal(changed.code, 0, changed.stderr)
    assert.deepEqual((await run('account', 'list')).json(), [{ id: 'li.wei', roles: ['officer'] }])
    assert.match((await run(...change)).stderr, /Give --role/)
    const nobody = await run('account', 'change', 'nobody', '--role', 'officer')
    assert.match(nobody.stderr, /ACCOUNT_UNKNOWN/)
    const disabled = await run('account', 'disable', 'li.wei')
    assert.equal(disabled.code, 0, disabled.stderr)
    assert.equal((await run(...change, '--role', 'officer')).code, 1)

    const anchored = await run('log', 'anchor', ...chain, '--dir', devnet.dir)
    assert.match(anchored.stderr, /Anchored 5 entries/)
    const verified = await run('log', 'verify', ...chain)
    assert.equal(verified.code, 0, verified.stderr)
    assert.deepEqual([verified.json()['length'], verified.json()['anchored']], ['5', '5'])
    const exported = await run('log', 'export', '--out', file('log.jsonl'))
    assert.equal(exported.code, 0, exported.stderr)
  })

  test('default: the service starts from files, answers an account, anchors its log, and stops', async () => {
    const authority = await anAuthority('supervisors')
    const [own, clerk] = [await authority.issue('service'), await authority.issue('clerk')]
    await writeFile(file('own.key'), own.key)
    await writeFile(file('own.pem'), own.certificate)
    await writeFile(file('authority.pem'), authority.certificate)
    await writeFile(file('clerk.pem'), clerk.certificate)
    const added = await run(
      ...['account', 'add', 'clerk', '--role', 'auditor', '--certificate', file('clerk.pem')],
    )
    assert.equal(added.code, 0, added.stderr)
    const child = spawn(
      process.execPath,
      [
        ...cinnabarArgs,
        ...['regulator', 'serve', ...chain, '--port', '0', '--anchor', '--dir', devnet.dir],
        ...['--tls-key', file('own.key'), '--tls-certificate', file('own.pem')],
        ...['--client-authority', file('authority.pem'), '--log-level', 'silent'],
        ...['--statistics-key', file('s.json')],
      ],
      { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const closed = once(child, 'close')
    let url: string | undefined
    for await (const line of createInterface({ input: child.stdout })) {
      url = /listens on (\S+)\.$/.exec(line)?.[1]
      if (url !== undefined) break
    }
    assert.ok(url !== undefined)
    const { statusCode, body } = await new Promise<{ statusCode: number; body: string }>(
      (resolve, reject) => {
        request(
          `${url}/v1/account`,
          { ca: [authority.certificate], cert: clerk.certificate, key: clerk.key, agent: false },
          (response) => {
            let text = ''
            response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
            response.on('end', () => {
              resolve({ statusCode: response.statusCode ?? 0, body: text })
            })
          },
        )
          .on('error', reject)
          .end()
      },
    )
    assert.deepEqual([statusCode, JSON.parse(body)], [200, { id: 'clerk', roles: ['auditor'] }])
    await waitFor('an anchor by the service', async () => {
      const anchors = await readLogAnchors(devnet.client, devnet.deployment)
      return anchors.length > 1 ? anchors : undefined
    })
    child.kill('SIGTERM')
    assert.deepEqual(await closed, [0, null])
  })

  test('default: travel-rule data from institution to institution', async () => {
    const keys = async (name: string) => {
      const made = await run('travel-rule', 'keygen', '--out', file(`${name}.json`))
      await writeFile(file(`${name}.pub`), made.stdout)
    }
    await keys('bank')
    await keys('shop')
    const person = (name: string) => ({
      legalPerson: {
        name: {
          nameIdentifier: [{ legalPersonName: name, legalPersonNameIdentifierType: 'LEGL' }],
        },
        customerNumber: '17',
      },
    })
    await writeFile(
      file('data.json'),
      JSON.stringify({
        originator: { originatorPersons: [person('A')] },
        beneficiary: { beneficiaryPersons: [person('B')] },
        originatingVASP: { originatingVASP: person('Bank') },
        beneficiaryVASP: { beneficiaryVASP: person('Shop') },
      }),
    )
    const sealed = await run(
      ...['travel-rule', 'seal', file('data.json'), '--key', file('bank.json')],
      ...['--deployment', devnet.deploymentFile, '--statement', `0x${'5a'.repeat(32)}`],
      ...['--recipient', file('shop.pub'), '--out', file('message.json')],
    )
    assert.equal(sealed.code, 0, sealed.stderr)
    const opened = await run(
      ...['travel-rule', 'open', file('message.json'), '--key', file('shop.json')],
      ...['--sender', file('bank.pub'), ...chain],
    )
    // It opens, and says that no such transfer was settled.
    assert.deepEqual([opened.code, /not settled/.test(opened.stderr)], [2, true], opened.stderr)
    assert.ok('originator' in opened.json())
    const wrong = await run(
      ...['travel-rule', 'verify', file('message.json'), '--sender', file('shop.pub'), ...chain],
    )
    assert.match(wrong.stderr, /TRAVEL_RULE_REFUSED/)
  })

  test('alarm: an officer’s key anchors what the log never was: named, set aside, the rest verified', async () => {
    const { officer } = devnet.accounts
    const { transactionHash } = await submitTransaction({
      client: devnet.client,
      account: privateKeyToAccount(officer.privateKey),
      store: fileTransactionStore(file('stolen.json')),
      purpose: 'a false anchor',
      chainId: devnet.deployment.chainId,
      ...anchorLogCall(devnet.deployment, { head: `0x${'ab'.repeat(32)}`, length: 1_000n }),
    })
    const alarmed = await run('log', 'verify', ...chain)
    assert.equal(alarmed.code, 2)
    assert.match(alarmed.stderr, /ALARM .*SUPERVISION_ANCHOR_CONTRADICTS/s)
    for (const fact of [transactionHash, officer.address, '1000']) {
      assert.match(alarmed.stderr, new RegExp(fact, 'i'))
    }
    // What the true anchors cover is verified all the same.
    assert.ok(Number(alarmed.json()['anchored']) >= 4, alarmed.stdout)
    const known = await run('log', 'verify', ...chain, '--false-anchor', transactionHash)
    assert.equal(known.code, 0, known.stderr)
    assert.match(known.stderr, /Set aside: .*SUPERVISION_ANCHOR_CONTRADICTS/s)
    assert.equal(known.stdout, alarmed.stdout)
    const blocked = await run('log', 'anchor', ...chain, '--dir', devnet.dir)
    assert.match(blocked.stderr, /SUPERVISION_ANCHOR_AHEAD/)
  })

  test('default: a reading with keys leaves an entry where a store is named', async () => {
    const key = ['--statistics-key', file('s.json')]
    const read = await run('read', ...chain, ...key)
    assert.equal(read.code, 0, read.stderr)
    const database = await openDatabase({ url: store.url })
    const entries = []
    for await (const entry of readLog(database)) entries.push(entry)
    await database.close()
    const newest = entries.at(-1)
    assert.deepEqual([newest?.account, newest?.action], ['system', 'RECORDS_READ'])
    assert.deepEqual(
      [newest?.facts['transfers'], newest?.facts['keys'], newest?.facts['epochs']],
      [0, 'statistics', ''],
    )
    const bare = await runCinnabar(['regulator', 'read', ...chain, ...key], {
      CINNABAR_PASSPHRASE: passphrase,
    })
    assert.match(bare.stderr, /leaves no entry/)
  })

  test('alarm: a log that is changed or cut off, in an export or in the database', async () => {
    const text = await readFile(file('log.jsonl'), 'utf8')
    await writeFile(file('changed.jsonl'), text.replace('li.wei', 'li.hua'))
    const changed = await run('log', 'verify', ...chain, '--file', file('changed.jsonl'))
    assert.deepEqual([changed.code, /SUPERVISION_LOG_BROKEN/.test(changed.stderr)], [2, true])
    const database = await openDatabase({ url: store.url })
    await database.query(sql`alter table log_entry disable trigger user`)
    await database.query(sql`delete from log_entry where number >= 4`)
    await database.close()
    const { code, stderr } = await run('log', 'verify', ...chain)
    assert.deepEqual([code, /cut off/.test(stderr)], [2, true])
  })
})
