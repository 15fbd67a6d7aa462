import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createApiClient } from '../../api/index.ts'
import { type Devnet, startDevnet } from '../../demo/devnet.ts'
import { bytesToHex, hexToBytes } from '../../protocol/field.ts'
import { findDatabaseUrl } from '../../prover/farm/databaseUrl.ts'
import { deriveFarmKey } from '../../prover/farm/sealedBox.ts'
import { checkDuties } from '../../sequencer/checkDuties.ts'
import { readKey } from '../../sequencer/readKey.ts'
import { isAlive } from '../support/isAlive.ts'

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))
const aKey = `0x${'2a'.repeat(32)}` as const
const anotherKey = `0x${'2b'.repeat(32)}` as const

function run(args: readonly string[], environment: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [main, 'sequencer', ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function finish(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

describe('readKey', () => {
  const variable = 'CINNABAR_TEST_KEY'
  const read = (value: string) =>
    readKey({ what: 'test', file: undefined, variable, environment: { [variable]: value } })

  test('default', async () => {
    assert.equal(await read(` ${aKey.toUpperCase().replace('0X', '0x')}\n`), aKey)
  })
  test('rejects: what is no key, and never repeats it', async () => {
    for (const value of ['', '0x12', `${aKey}00`, `0x${'00'.repeat(32)}`, 'secret words']) {
      await assert.rejects(read(value), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'KEY_INVALID')
        if (value !== '') assert.equal(error.message.includes(value), false)
        return true
      })
    }
    await assert.rejects(
      readKey({ what: 'test', file: '/nowhere', variable, environment: { [variable]: aKey } }),
      { code: 'KEY_INVALID' },
    )
  })
})

describe('readKey from files', () => {
  const variable = 'CINNABAR_TEST_KEY'
  let dir: string
  let path: string
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cinnabar-keys-'))
    path = join(dir, 'key')
  })
  after(() => rm(dir, { recursive: true }))

  test('default: an option, then the file that a variable names, then the variable', async () => {
    await writeFile(path, `${aKey}\n`, { mode: 0o600 })
    const environment = { [variable]: anotherKey, [`${variable}_FILE`]: path }
    const read = (file: string | undefined, own: NodeJS.ProcessEnv) =>
      readKey({ what: 'test', file, variable, environment: own })
    assert.equal(await read(path, { [variable]: anotherKey }), aKey)
    assert.equal(await read(undefined, environment), aKey)
    assert.equal(await read(undefined, { [variable]: anotherKey }), anotherKey)
  })
  test('rejects: a file that others may read or change', async () => {
    await writeFile(path, aKey)
    for (const mode of [0o400, 0o600, 0o440, 0o640]) {
      await chmod(path, mode)
      assert.equal(await readKey({ what: 'test', file: path, variable }), aKey)
    }
    for (const mode of [0o644, 0o604, 0o660, 0o602, 0o620]) {
      await chmod(path, mode)
      await assert.rejects(readKey({ what: 'test', file: path, variable }), {
        code: 'KEY_INVALID',
        message: /chmod 600/,
      })
    }
  })
  test('behavior: the database’s URL too', async () => {
    const url = 'postgres://user:hidden@db/cinnabar'
    await writeFile(path, `${url}\n`)
    await chmod(path, 0o600)
    const environment = { DATABASE_URL_FILE: path }
    assert.equal(findDatabaseUrl(undefined, environment), url)
    assert.equal(findDatabaseUrl('postgres://other', environment), 'postgres://other')
    assert.equal(findDatabaseUrl('', { DATABASE_URL: '' }), undefined)
    await chmod(path, 0o644)
    assert.throws(() => findDatabaseUrl(undefined, environment), { code: 'DATABASE_URL_FILE' })
    await chmod(path, 0o600)
    await writeFile(path, 'hidden words')
    assert.throws(
      () => findDatabaseUrl(undefined, environment),
      (error: Error) => !error.message.includes('hidden'),
    )
  })
})

describe('checkDuties', () => {
  test('default: three keys', () => {
    checkDuties({ 'base-chain': aKey, receipt: anotherKey, farm: `0x${'2c'.repeat(32)}` })
    checkDuties({ 'base-chain': aKey, receipt: anotherKey, farm: undefined })
  })
  test('rejects: one key for two duties, in whatever case, and one that follows from another', () => {
    const derived = bytesToHex(deriveFarmKey(hexToBytes(anotherKey)).secretKey)
    const upper = aKey.toUpperCase().replace('0X', '0x') as `0x${string}`
    for (const duties of [
      { 'base-chain': aKey, receipt: upper, farm: undefined },
      { 'base-chain': aKey, receipt: anotherKey, farm: aKey },
      { 'base-chain': undefined, receipt: anotherKey, farm: anotherKey },
      { 'base-chain': aKey, receipt: anotherKey, farm: derived },
    ]) {
      assert.throws(() => checkDuties(duties), { code: 'KEY_REUSED' })
    }
  })
})

describe('cinnabar sequencer', () => {
  let devnet: Devnet

  before(async () => {
    devnet = await startDevnet({ onProgress: () => undefined })
  })
  after(() => devnet?.stop())

  test('behavior: migrate, twice', async () => {
    const { url, drop } = await devnet.postgres.createDatabase()
    const first = await finish(run(['migrate', '--database-url', url]))
    assert.equal(first.code, 0, first.output)
    assert.match(first.output, /applied 000001_domains\.sql/)
    const second = await finish(run(['migrate', '--database-url', url]))
    assert.match(second.output, /up to date/)
    await drop()
  })

  test('behavior: start, answer, stop at a signal', async () => {
    const keyFile = join(devnet.dir, 'l1.key')
    await writeFile(keyFile, devnet.accounts.sequencer.privateKey, { mode: 0o600 })
    const child = run(
      [
        ...['start', '--rpc', devnet.chain.rpcUrl, '--deployment', devnet.deploymentFile],
        ...['--database-url', devnet.postgres.url, '--port', '0', '--log-level', 'silent'],
        ...['--l1-key-file', keyFile, '--min-fee', '1=7', '--min-fee', '2=9'],
      ],
      { CINNABAR_SEQUENCER_RECEIPT_KEY: aKey },
    )
    const finished = finish(child)
    assert.ok(child.stdout !== null)
    const [line] = (await Promise.race([
      once(createInterface({ input: child.stdout }), 'line'),
      finished.then(({ output }) => {
        throw new Error(output)
      }),
    ])) as [string]
    const url = /listens on (\S+)/.exec(line)?.[1]
    assert.ok(url !== undefined, line)
    const status = await createApiClient({ url }).getStatus()
    assert.equal(BigInt(status.domain), devnet.deployment.domain)
    assert.deepEqual(status.minimumFees, [
      { asset: 1, amount: '7' },
      { asset: 2, amount: '9' },
    ])
    assert.equal(status.feeRecipient, devnet.accounts.sequencer.address.toLowerCase())
    child.kill('SIGTERM')
    const { code, output } = await finished
    assert.equal(code, 0, output)
    assert.equal(isAlive(child.pid ?? 0), false)
    assert.equal(output.includes(aKey.slice(2)), false)
  })

  test('rejects: a base chain without the contracts, and bad options', async () => {
    const environment = {
      CINNABAR_SEQUENCER_L1_KEY: aKey,
      CINNABAR_SEQUENCER_RECEIPT_KEY: anotherKey,
    }
    const options = [
      ...['start', '--deployment', devnet.deploymentFile],
      ...['--database-url', devnet.postgres.url],
    ]
    const away = await finish(run([...options, '--rpc', 'http://127.0.0.1:1'], environment))
    assert.deepEqual([away.code, away.output.includes('L1_UNAVAILABLE')], [1, true])
    const age = await finish(
      run([...options, '--rpc', devnet.chain.rpcUrl, '--batch-age', '10'], environment),
    )
    assert.match(age.output, /Write e\.g\. 500ms, 10s or 2m/)
    const keyless = await finish(
      run([...options, '--rpc', devnet.chain.rpcUrl], { CINNABAR_SEQUENCER_L1_KEY: '' }),
    )
    assert.deepEqual([keyless.code, keyless.output.includes('KEY_INVALID')], [1, true])
    const reused = await finish(
      run([...options, '--rpc', devnet.chain.rpcUrl], {
        ...environment,
        CINNABAR_SEQUENCER_RECEIPT_KEY: aKey,
      }),
    )
    assert.deepEqual([reused.code, reused.output.includes('KEY_REUSED')], [1, true])
    const half = await finish(
      run([...options, '--rpc', devnet.chain.rpcUrl, '--l1-signer', 'https://x'], environment),
    )
    assert.deepEqual([half.code, half.output.includes('SIGNER_OPTIONS')], [1, true])
  })
})
