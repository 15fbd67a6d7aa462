// Runs alone: snarkjs keeps all cores busy, and so do the parties' processes.
import assert from 'node:assert/strict'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, describe, test } from 'node:test'

import { buildCircuits } from '../../circuits/build.ts'
import { repositoryRoot } from '../../circuits/locateCircuit.ts'
import {
  acceptContribution,
  applyBeacon,
  beginCeremony,
  contribute,
  finishCeremony,
} from '../../prover/ceremony/ceremony.ts'
import { checkPtauImported, importPtau } from '../../prover/ceremony/importPtau.ts'
import {
  canonicalJson,
  hashTranscript,
  readTranscript,
  sealRound,
} from '../../prover/ceremony/transcript.ts'
import type { Round, Transcript } from '../../prover/ceremony/transcript.ts'
import { verifyKeys } from '../../prover/ceremony/verifyKeys.ts'
import { commonWords, registeredWords } from '../../prover/registeredWords.ts'
import type { RegisteredKeys } from '../../prover/ceremony/verifyKeys.ts'
import { hashFile } from '../../prover/ceremony/files.ts'
import { loadKeys } from '../../prover/loadKeys.ts'
import { buildNative } from '../../prover/native/build.ts'
import { loadNative } from '../../prover/native/index.ts'
import { ensureCircuitsAndKeys } from '../../prover/setup/ensureCircuitsAndKeys.ts'
import { isDevelopmentKey } from '../../prover/setup/isDevelopmentKey.ts'
import { hashVerificationKey } from '../../prover/verificationKey.ts'
import type { VerificationKey } from '../../prover/verificationKey.ts'
import { verifyMany } from '../../prover/verifyMany.ts'
import {
  WitnessCalculator,
  decodeWitness,
  encodeWitnessFile,
} from '../../prover/witnessCalculator.ts'
import {
  BEACON_HASH,
  ceremonyWorkspace as workspace,
  editSection,
  forgeContribution,
  makePtau,
  runSetup,
} from '../support/ceremonies.ts'
import type { PtauPaths } from '../support/ceremonies.ts'
import { endSnarkjs, testWorkspace } from '../support/proverWorkspace.ts'
import { proveWithSnarkjs } from '../support/snarkjsProofs.ts'

const circuits = ['sealed', 'range'] as const
const inputs = { sealed: { values: [3n, 4n] }, range: { value: 2n ** 64n - 1n } }
const scratch = mkdtempSync(join(tmpdir(), 'cinnabar-ceremony-'))
const at = (...parts: string[]): string => join(scratch, ...parts)
const readRound = (path: string): Round => JSON.parse(readFileSync(path, 'utf8')) as Round
const readKey = (path: string): VerificationKey =>
  JSON.parse(readFileSync(path, 'utf8')) as VerificationKey

let ptau: PtauPaths
let directories = 0
/** A new path for something that a step makes. */
const fresh = (name: string): string => at(`${name}-${String(++directories)}`)
const copyOf = (directory: string): string => {
  const copy = fresh('copy')
  cpSync(directory, copy, { recursive: true })
  return copy
}

async function succeed<T>(cwd: string, args: readonly string[], typed = ''): Promise<T> {
  const { code, stdout, stderr } = await runSetup(cwd, [...args, '--json'], { typed })
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout) as T
}

const fails = (work: Promise<unknown>, code: string, message?: RegExp): Promise<void> =>
  assert.rejects(work, (error: Error & { code?: string }) => {
    assert.equal(error.code, code, error.message)
    if (message !== undefined) assert.match(error.message, message)
    return true
  })
const accept = (directory: string, contribution: string, ptauPath = ptau.final) =>
  acceptContribution({ directory, contribution, ptauPath })

/** An attestation of what is in a directory, as a dishonest contributor would write it. */
async function attest(
  directory: string,
  transcript: Transcript,
  contributions: Record<string, string>,
  name = 'Mallory',
): Promise<void> {
  const keys: Round['keys'] = {}
  for (const [circuit, contribution] of Object.entries(contributions)) {
    keys[circuit] = { contribution, file: await hashFile(join(directory, `${circuit}.zkey`)) }
  }
  const round = sealRound({
    round: transcript.rounds.length + 1,
    kind: 'contribution',
    name,
    follows: hashTranscript(transcript),
    keys,
  })
  writeFileSync(join(directory, 'attestation.json'), canonicalJson(round))
}

before(async () => {
  ptau = await makePtau(scratch, 8)
})
after(async () => {
  rmSync(scratch, { recursive: true, force: true })
  rmSync(join(repositoryRoot, workspace.ptauRecords), { recursive: true, force: true })
  await endSnarkjs()
})

describe('a rehearsal with three contributors', () => {
  const names = ['Ada', 'Béla', '陈 三']

  test('default: three machines, a beacon, keys that anybody verifies', async () => {
    const office = at('coordinator')
    mkdirSync(office)
    await succeed(office, ['import-ptau', ptau.final])
    await succeed(office, ['begin', ...circuits, '--ptau', ptau.final, '--out', 'ceremony'])
    const attested: string[] = []
    for (const [index, name] of names.entries()) {
      // What is sent is a directory; the contributor's machine has nothing else of the ceremony.
      const machine = at(`machine-${String(index)}`)
      mkdirSync(machine)
      cpSync(join(office, 'ceremony', String(index).padStart(4, '0')), join(machine, 'received'), {
        recursive: true,
      })
      const typing = index === 1 ? ['--type-entropy'] : []
      const round = await succeed<Round>(
        machine,
        ['contribute', 'received', 'sent', '--name', name, ...typing],
        'some typed text\n',
      )
      attested.push(round.hash)
      const sent = readFileSync(join(machine, 'sent/attestation.json'), 'utf8')
      assert.ok(!sent.includes('typed text'), 'what was typed stays where it was typed')
      cpSync(join(machine, 'sent'), join(office, `from-${String(index)}`), { recursive: true })
      await succeed(office, ['accept', 'ceremony', `from-${String(index)}`, '--ptau', ptau.final])
    }
    await succeed(office, [
      ...['beacon', 'ceremony', '--ptau', ptau.final, '--hash', BEACON_HASH],
      ...['--source', 'a block announced before'],
    ])
    await succeed(office, ['finish', 'ceremony', '--out', at('keys')])
    const status = await succeed<{ isClosed: boolean; next: null; rounds: Round[] }>(office, [
      ...['status', 'ceremony'],
    ])
    assert.equal(status.isClosed, true)
    assert.deepEqual(
      status.rounds.map(({ name, hash }) => [name, hash]),
      [...names.map((name, i) => [name, attested[i]]), ['beacon', status.rounds[3]?.hash]],
    )

    // Somebody who has the sources, the powers of tau and what was published.
    const anybody = at('anybody')
    mkdirSync(anybody)
    const verified = await succeed<{
      ceremonies: { contributors: string[]; beacon: { hash: string; source: string } }[]
    }>(anybody, ['verify', at('keys'), '--ptau', ptau.final])
    assert.deepEqual(verified.ceremonies[0]?.contributors, names)
    assert.equal(verified.ceremonies[0]?.beacon.hash, BEACON_HASH)
    assert.equal(verified.ceremonies[0]?.beacon.source, 'a block announced before')
  })

  test('default: proofs of both provers verify under the keys, folded over both circuits', async () => {
    assert.notEqual(await buildNative(), undefined, 'the tests need g++')
    const native = loadNative()!
    const located = await buildCircuits({ names: circuits, workspace: workspace.circuits })
    const verifications = []
    for (const circuit of located) {
      const name = circuit.name as (typeof circuits)[number]
      const program = new Uint8Array(readFileSync(circuit.wasmPath))
      const elements = await (await WitnessCalculator.load(name, program)).calculate(inputs[name])
      const witness = encodeWitnessFile(elements)
      const zkeyPath = at('keys', `${name}.zkey`)
      const verificationKey = readKey(at('keys', `${name}.vkey.json`))
      const key = await native.loadKey(zkeyPath)
      const publicSignals = decodeWitness(elements.slice(32, 32 * (key.publicWires + 1)))
      for (const proof of [
        await native.prove(key, witness),
        await proveWithSnarkjs(zkeyPath, witness),
      ]) {
        verifications.push({ verificationKey, proof, publicSignals })
      }
    }
    assert.deepEqual(await verifyMany(verifications), [true, true, true, true])
    const [first, , third] = verifications
    const mixed = { ...first!, verificationKey: third!.verificationKey }
    assert.deepEqual(await verifyMany([mixed]), [false])
  })

  test('behavior: the circuits share alpha, beta and gamma; each has a delta of its own', () => {
    const [sealed, range] = circuits.map((name) => readKey(at('keys', `${name}.vkey.json`)))
    for (const part of ['vk_alpha_1', 'vk_beta_2', 'vk_gamma_2'] as const) {
      assert.deepEqual(sealed![part], range![part])
    }
    assert.notDeepEqual(sealed!.vk_delta_2, range!.vk_delta_2)
    assert.notDeepEqual(sealed!.vk_delta_2, sealed!.vk_gamma_2)
    assert.equal(isDevelopmentKey(sealed!), false)
  })

  test('rejects: a step without what it needs, in words and with an exit code', async () => {
    const { code, stdout, stderr } = await runSetup(scratch, ['status', 'nowhere'])
    assert.equal(code, 1)
    assert.equal(stdout, '')
    assert.match(stderr, /cannot be read[\s\S]*CEREMONY_FILE_INVALID/)
  })
})

describe('accept', () => {
  /** A ceremony with one round, a contribution to it that was not taken yet, and the transcript. */
  let base: string
  let pending: string
  let transcript: Transcript

  before(async () => {
    await importPtau(ptau.final, { workspace })
    base = fresh('ceremony')
    await beginCeremony({ circuits, ptauPath: ptau.final, directory: base, workspace })
    const one = fresh('sent')
    await contribute({ input: join(base, '0000'), output: one, name: 'one' })
    transcript = await accept(base, one)
    pending = fresh('sent')
    await contribute({ input: join(base, '0001'), output: pending, name: 'two' })
  })

  test('accepts: the honest contribution that the others are made of', async () => {
    const directory = copyOf(base)
    const { rounds } = await accept(directory, pending)
    assert.deepEqual(
      rounds.map(({ name }) => name),
      ['one', 'two'],
    )
    assert.ok(existsSync(join(directory, '0002/range.zkey')))
  })

  test('rejects: a file that was cut short on its way', async () => {
    const cut = copyOf(pending)
    truncateSync(join(cut, 'range.zkey'), 5_000)
    await fails(accept(copyOf(base), cut), 'CEREMONY_FILE_ALTERED', /range\.zkey/)
  })

  test('rejects: a file that its maker attests and that is cut short', async () => {
    const cut = copyOf(pending)
    truncateSync(join(cut, 'range.zkey'), 5_000)
    const { keys } = readRound(join(pending, 'attestation.json'))
    const hashes = Object.fromEntries(
      Object.entries(keys).map(([circuit, { contribution }]) => [circuit, contribution]),
    )
    await attest(cut, transcript, hashes, 'two')
    await fails(accept(copyOf(base), cut), 'CEREMONY_FILE_INVALID', /cut short/)
  })

  test('rejects: a contribution sent again, one to an earlier round, one to another ceremony', async () => {
    const directory = copyOf(base)
    const late = fresh('sent')
    await contribute({ input: join(base, '0001'), output: late, name: 'late' })
    await accept(directory, pending)
    await fails(accept(directory, pending), 'CONTRIBUTION_REPLAYED')
    await fails(accept(directory, late), 'CONTRIBUTION_STALE')
    const other = fresh('ceremony')
    await beginCeremony({ circuits: ['range'], ptauPath: ptau.final, directory: other, workspace })
    await fails(accept(other, pending), 'CONTRIBUTION_FOREIGN')
  })

  test('rejects: contributions put in another order', async () => {
    // Made on the initial keys, attested as if on the first round.
    const early = fresh('sent')
    const { keys } = await contribute({ input: join(base, '0000'), output: early, name: 'early' })
    await attest(early, transcript, {
      sealed: keys['sealed']!.contribution,
      range: keys['range']!.contribution,
    })
    await fails(accept(copyOf(base), early), 'CONTRIBUTION_ORDER')
  })

  test('rejects: keys of the circuits exchanged', async () => {
    const swapped = copyOf(pending)
    cpSync(join(pending, 'sealed.zkey'), join(swapped, 'range.zkey'))
    cpSync(join(pending, 'range.zkey'), join(swapped, 'sealed.zkey'))
    const { keys } = readRound(join(pending, 'attestation.json'))
    await attest(swapped, transcript, {
      sealed: keys['range']!.contribution,
      range: keys['sealed']!.contribution,
    })
    await fails(accept(copyOf(base), swapped), 'CONTRIBUTION_CIRCUIT')
  })

  test('rejects: other powers of tau than those it began with', async () => {
    const altered = fresh('other.ptau')
    cpSync(ptau.final, altered)
    editSection(altered, 15, (section) => section.writeUInt8(section.readUInt8(9) ^ 1, 9))
    await fails(accept(copyOf(base), pending, altered), 'PTAU_OTHER')
  })

  test('rejects: a name that the file does not record', async () => {
    const renamed = copyOf(pending)
    const { hash: _, ...round } = readRound(join(pending, 'attestation.json'))
    const sealed = sealRound({ ...round, name: 'somebody else' })
    writeFileSync(join(renamed, 'attestation.json'), canonicalJson(sealed))
    await fails(accept(copyOf(base), renamed), 'CONTRIBUTION_ATTESTATION', /another name/)
  })

  describe('of a contributor who makes keys by other means', () => {
    const honest = { secret: 1_234_567_890_123n, appliesToPoints: true, name: 'Mallory' }
    /** The pending contribution with the key of `sealed` replaced by a forged one. */
    async function forged(
      forgery: Parameters<typeof forgeContribution>[2],
      edit: (path: string) => void = () => {},
    ): Promise<string> {
      const sent = fresh('sent')
      await contribute({ input: join(base, '0001'), output: sent, name: 'Mallory' })
      const path = join(sent, 'sealed.zkey')
      const contribution = await forgeContribution(join(base, '0001/sealed.zkey'), path, forgery)
      edit(path)
      const { keys } = readRound(join(sent, 'attestation.json'))
      await attest(sent, transcript, { sealed: contribution, range: keys['range']!.contribution })
      return sent
    }

    test('accepts: a key made honestly by other means', async () => {
      await accept(copyOf(base), await forged(honest))
    })
    test('rejects: a secret of one, which changes nothing', async () => {
      await fails(
        accept(copyOf(base), await forged({ ...honest, secret: 1n })),
        'CONTRIBUTION_IDENTITY',
      )
    })
    test('rejects: a secret that its maker cannot prove to know', async () => {
      await fails(
        accept(copyOf(base), await forged({ ...honest, provedSecret: 5n })),
        'CONTRIBUTION_PROOF',
      )
    })
    test('rejects: a delta that is another secret’s', async () => {
      await fails(
        accept(copyOf(base), await forged({ ...honest, deltaSecret: 5n })),
        'CONTRIBUTION_KEY',
      )
    })
    test('rejects: points of the key that do not follow the secret', async () => {
      await fails(
        accept(copyOf(base), await forged({ ...honest, appliesToPoints: false })),
        'CONTRIBUTION_KEY',
      )
    })
    test('rejects: two points of the key exchanged', async () => {
      const sent = await forged(honest, (path) =>
        editSection(path, 9, (section) => {
          const first = Buffer.from(section.subarray(0, 64))
          section.copy(section, 0, 64, 128)
          first.copy(section, 64)
        }),
      )
      await fails(accept(copyOf(base), sent), 'CONTRIBUTION_KEY')
    })
    test('rejects: a point off the curve, and one in a second encoding', async () => {
      const off = await forged(honest, (path) =>
        editSection(path, 8, (section) => section.writeUInt8(section.readUInt8(0) ^ 1, 0)),
      )
      await fails(accept(copyOf(base), off), 'CONTRIBUTION_POINT')
      const second = await forged(honest, (path) =>
        editSection(path, 9, (section) => section.fill(0xff, 24, 32)),
      )
      await fails(accept(copyOf(base), second), 'CONTRIBUTION_POINT')
    })
    test('rejects: another alpha', async () => {
      const sent = await forged(honest, (path) =>
        // beta takes alpha's place: both are points of the curve.
        editSection(path, 2, (section) => section.copy(section, 84, 148, 212)),
      )
      await fails(accept(copyOf(base), sent), 'CONTRIBUTION_KEY', /alpha/)
    })
  })

  test('rejects: a beacon before anybody contributed, and a contribution after the beacon', async () => {
    const beacon = { hash: BEACON_HASH, iterations: 10, source: 'announced' }
    const empty = fresh('ceremony')
    await beginCeremony({ circuits: ['range'], ptauPath: ptau.final, directory: empty, workspace })
    const begun = { directory: empty, ptauPath: ptau.final, beacon }
    await fails(applyBeacon(begun), 'CEREMONY_STATE', /nobody contributed/)
    await fails(finishCeremony({ directory: empty, output: fresh('keys') }), 'CEREMONY_STATE')

    const closed = copyOf(base)
    const atClosed = { ...begun, directory: closed }
    for (const wrong of [
      { ...beacon, hash: 'abcd' },
      { ...beacon, iterations: 9 },
      { ...beacon, source: ' ' },
    ]) {
      await fails(applyBeacon({ ...atClosed, beacon: wrong }), 'CEREMONY_ARGUMENT_INVALID')
    }
    await applyBeacon(atClosed)
    await fails(accept(closed, pending), 'CEREMONY_STATE', /closed/)
    await fails(applyBeacon(atClosed), 'CEREMONY_STATE', /closed/)
    const input = join(closed, '0002')
    await fails(contribute({ input, output: fresh('sent'), name: 'late' }), 'CEREMONY_STATE')
  })

  test('rejects: names that are no names, and outputs that exist', async () => {
    const input = join(base, '0001')
    for (const name of ['', ' a', 'a\nb', 'x'.repeat(65), 'beacon']) {
      const output = fresh('sent')
      await fails(contribute({ input, output, name }), 'CEREMONY_ARGUMENT_INVALID')
      assert.equal(existsSync(output), false)
    }
    await fails(contribute({ input, output: pending, name: 'a' }), 'CEREMONY_OUTPUT_EXISTS')
  })
})

describe('import-ptau and begin', () => {
  test('rejects: powers that are not prepared, cut short, or of another file type', async () => {
    await fails(importPtau(ptau.unprepared, { workspace }), 'PTAU_NOT_PREPARED')
    const cut = fresh('cut.ptau')
    cpSync(ptau.final, cut)
    truncateSync(cut, 100_000)
    await fails(importPtau(cut, { workspace }), 'CEREMONY_FILE_INVALID', /cut short/)
    const key = at('keys/range.zkey')
    await fails(importPtau(key, { workspace }), 'CEREMONY_FILE_INVALID', /no ptau file/)
  })

  test('rejects: powers with a wrong Lagrange value, and powers that nobody contributed to', async () => {
    const wrong = fresh('wrong.ptau')
    cpSync(ptau.final, wrong)
    // Two points of the values exchanged: all are on the curve still.
    editSection(wrong, 12, (section) => {
      const first = Buffer.from(section.subarray(256 * 64, 257 * 64))
      section.copy(section, 256 * 64, 257 * 64, 258 * 64)
      first.copy(section, 257 * 64)
    })
    await fails(importPtau(wrong, { workspace }), 'PTAU_INVALID')
    await fails(checkPtauImported(wrong, workspace), 'PTAU_NOT_IMPORTED')
    const none = fresh('none.ptau')
    cpSync(ptau.final, none)
    editSection(none, 7, (section) => section.writeUInt32LE(0, 0))
    await fails(importPtau(none, { workspace }), 'PTAU_WITHOUT_CONTRIBUTION')
  })

  test('rejects: a circuit with more rows than there are powers', async () => {
    const directory = fresh('ceremony')
    const large = { ...workspace, circuits: testWorkspace }
    const parameters = { circuits: ['preimage'], ptauPath: ptau.final, directory }
    await fails(
      beginCeremony({ ...parameters, workspace: large }),
      'PTAU_TOO_SMALL',
      /2\^9 of them and there are 2\^8/,
    )
    assert.equal(existsSync(directory), false)
  })
})

describe('verify', () => {
  const verify = (directory: string, registered?: RegisteredKeys) =>
    verifyKeys({
      directories: [directory],
      ptauPath: ptau.final,
      workspace,
      domainPositionOf: () => 0,
      ...(registered === undefined ? {} : { registered }),
    })
  /** Published keys with an edited transcript that is consistent in itself. */
  function edited(change: (transcript: Transcript) => void): string {
    const directory = copyOf(at('keys'))
    const path = join(directory, 'transcript.json')
    const transcript = readTranscript(path)
    const { rounds } = transcript
    change(transcript)
    transcript.rounds = []
    for (const round of rounds) {
      const { hash: _, ...rest } = round
      transcript.rounds.push(sealRound({ ...rest, follows: hashTranscript(transcript) }))
    }
    writeFileSync(path, canonicalJson(transcript))
    return directory
  }

  test('rejects: an edited transcript', async () => {
    const directory = copyOf(at('keys'))
    const path = join(directory, 'transcript.json')
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replaceAll('Ada', 'Eve'))
    await fails(verify(directory), 'CEREMONY_TRANSCRIPT_INVALID', /hash that is not its own/)
    writeFileSync(path, text.replace('{\n', '{\n  "format": "cinnabar ceremony 1",\n'))
    await fails(verify(directory), 'CEREMONY_TRANSCRIPT_INVALID', /canonical/)
    writeFileSync(path, text.slice(0, -100))
    await fails(verify(directory), 'CEREMONY_FILE_INVALID')
  })

  test('rejects: a contributor, a beacon or a round that the keys do not know', async () => {
    const renamed = edited(({ rounds }) => (rounds[0]!.name = 'Eve'))
    await fails(verify(renamed), 'CONTRIBUTION_ATTESTATION')
    const source = edited(({ rounds }) => (rounds[3]!.beacon!.hash = '11'.repeat(32)))
    await fails(verify(source), 'CONTRIBUTION_BEACON')
    const fewer = edited(({ rounds }) => void rounds.splice(1, 1))
    await fails(verify(fewer), 'CEREMONY_TRANSCRIPT_INVALID')
    const shorter = edited(({ rounds }) => {
      rounds.splice(1, 1)
      for (const [index, round] of rounds.entries()) round.round = index + 1
    })
    await fails(verify(shorter), 'CONTRIBUTION_ORDER')
  })

  test('rejects: other sources than those here', async () => {
    const other = edited(({ circuits: [circuit] }) => (circuit!.circuitHash = 'ab'.repeat(32)))
    await fails(verify(other), 'CEREMONY_KEYS_NOT_VERIFIED', /Check: V3/)
    const constraints = edited(
      ({ circuits: [circuit] }) => (circuit!.constraintsHash = 'ab'.repeat(64)),
    )
    await fails(verify(constraints), 'CEREMONY_KEYS_NOT_VERIFIED', /Check: V4/)
  })

  test('rejects: a proving key or a verification key of something else', async () => {
    const swapped = copyOf(at('keys'))
    cpSync(at('keys/range.zkey'), join(swapped, 'sealed.zkey'))
    await fails(verify(swapped), 'CEREMONY_FILE_ALTERED')
    const key = readKey(at('keys/sealed.vkey.json'))
    const foreign = { ...key, IC: [key.IC[1]!, key.IC[0]!] }
    const unnamed = copyOf(at('keys'))
    writeFileSync(join(unnamed, 'sealed.vkey.json'), canonicalJson(foreign))
    await fails(verify(unnamed), 'CEREMONY_KEYS_NOT_VERIFIED', /Check: V6/)
    const named = edited(
      ({ verificationKeys }) => (verificationKeys!['sealed'] = hashVerificationKey(foreign)),
    )
    writeFileSync(join(named, 'sealed.vkey.json'), canonicalJson(foreign))
    await fails(verify(named), 'CEREMONY_KEYS_NOT_VERIFIED', /not the proving key's/)
  })

  test('behavior: a base chain with these keys, with others, with more, with none', async () => {
    const [sealed, range] = circuits.map((name) => readKey(at('keys', `${name}.vkey.json`)))
    const blobs = { sealed: registeredWords(sealed!, 7n, 0), range: registeredWords(range!, 7n, 0) }
    const registered = { domain: 7n, common: commonWords(sealed!), blobs, inSunset: ['range'] }
    const verified = await verify(at('keys'), registered)
    assert.deepEqual(verified.registered, [...circuits])
    assert.deepEqual(verified.inSunset, ['range'])
    for (const wrong of [
      { ...registered, domain: 8n },
      { ...registered, common: registered.common.with(0, 1n) },
      { ...registered, blobs: { ...blobs, range: blobs.sealed } },
      { ...registered, blobs: { ...blobs, range: undefined } },
      { ...registered, blobs: { ...blobs, third: blobs.sealed } },
    ]) {
      await fails(verify(at('keys'), wrong), 'CEREMONY_KEYS_NOT_VERIFIED', /Check: V9/)
    }
  })
})

describe('loadKeys with CINNABAR_KEYS', () => {
  const load = (directories: string, more: NodeJS.ProcessEnv = {}, name = 'sealed') =>
    loadKeys(name, workspace.circuits, { CINNABAR_KEYS: directories, ...more })
  const production = { NODE_ENV: 'production', CINNABAR_ENV: 'production' }
  const codeOf = (work: () => unknown): unknown => {
    try {
      work()
    } catch (error) {
      return (error as { code?: unknown }).code
    }
    return undefined
  }

  test('accepts: keys of a ceremony in production', () => {
    const { info, verificationKey, zkeyPath } = load(at('keys'), production)
    assert.equal(info.insecure, false)
    assert.equal(info.transcriptHash, hashTranscript(readTranscript(at('keys/transcript.json'))))
    assert.deepEqual(verificationKey, readKey(at('keys/sealed.vkey.json')))
    assert.equal(zkeyPath, at('keys/sealed.zkey'))
    // The circuit is in the second of two directories.
    const both = [at('keys'), copyOf(at('keys'))].join(delimiter)
    assert.equal(load(both, production, 'range').info.circuit, 'range')
  })

  test('rejects: a circuit that no ceremony of these directories made keys for', async () => {
    await ensureCircuitsAndKeys({ names: ['preimage'], workspace: testWorkspace })
    const environment = { CINNABAR_KEYS: at('keys') }
    // There are development keys; they are not taken in the place of missing ones.
    assert.equal(
      codeOf(() => loadKeys('preimage', testWorkspace, environment)),
      'KEYS_NOT_FOUND',
    )
  })

  test('rejects: a proving key that is not the transcript’s', () => {
    const altered = copyOf(at('keys'))
    editSection(join(altered, 'sealed.zkey'), 9, (section) => section.fill(0, 0, 64))
    assert.equal(
      codeOf(() => load(altered, production)),
      'KEYS_MISMATCH',
    )
  })

  test('rejects: a directory without the keys of a finished ceremony', () => {
    assert.equal(
      codeOf(() => load(at('nowhere'))),
      'CEREMONY_FILE_INVALID',
    )
    assert.equal(
      codeOf(() => load(at('coordinator/ceremony'))),
      'CEREMONY_STATE',
    )
  })

  test('rejects: development keys that call themselves keys of a ceremony, in production', async () => {
    const [keys] = await ensureCircuitsAndKeys({ names: ['sealed'], workspace: workspace.circuits })
    const dressed = copyOf(at('keys'))
    cpSync(keys!.zkeyPath, join(dressed, 'sealed.zkey'))
    writeFileSync(join(dressed, 'sealed.vkey.json'), canonicalJson(keys!.verificationKey))
    const path = join(dressed, 'transcript.json')
    const transcript = readTranscript(path)
    const beacon = transcript.rounds.pop()!
    const { hash: _, ...rest } = beacon
    rest.keys['sealed']!.file = await hashFile(keys!.zkeyPath)
    transcript.rounds.push(sealRound(rest))
    transcript.verificationKeys!['sealed'] = hashVerificationKey(keys!.verificationKey)
    writeFileSync(path, canonicalJson(transcript))
    assert.equal(
      codeOf(() => load(dressed, production)),
      'KEYS_INSECURE',
    )
    assert.equal(load(dressed).info.insecure, true)
  })
})
