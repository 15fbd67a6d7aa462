import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { buildBn128, ChaCha } from 'ffjavascript'
import type { Curve } from 'ffjavascript'
import { powersOfTau } from 'snarkjs'

import type { CeremonyWorkspace } from '../../prover/ceremony/importPtau.ts'
import { readKeyRecord } from '../../prover/ceremony/keyRecord.ts'

/** For the circuits of a folder, by default two of up to 2^8 rows. */
export function ceremonyWorkspaceOf(
  mainDirectory = 'test/support/circuits/ceremony',
): CeremonyWorkspace {
  return {
    circuits: { mainDirectory, outputDirectory: '.cinnabar/test-circuits' },
    ptauRecords: '.cinnabar/test-ptau',
  }
}

export const ceremonyWorkspace = ceremonyWorkspaceOf()

export type SetupEnded = { code: number | null; stdout: string; stderr: string }

/** `cinnabar setup …` as a process of its own, in a folder of its own, over the circuits of `mainDirectory`. */
export function runSetup(
  cwd: string,
  args: readonly string[],
  { typed = '', mainDirectory }: { typed?: string; mainDirectory?: string } = {},
): Promise<SetupEnded> {
  const command = join(import.meta.dirname, 'ceremonyCommand.ts')
  const over = mainDirectory === undefined ? [] : [mainDirectory]
  const child = spawn(process.execPath, [command, ...over, 'setup', ...args], {
    cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.end(typed)
  const ended: SetupEnded = { code: null, stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (ended.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (ended.stderr += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ ...ended, code }))
  })
}

export const BEACON_HASH = '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0'

/** Powers of tau as a real phase 1 makes them: by two parties and a beacon, then prepared for phase 2. */
export async function makePtau(directory: string, power: number): Promise<PtauPaths> {
  const path = (step: string): string => `${directory}/${step}.ptau`
  const curve = await buildBn128()
  await powersOfTau.newAccumulator(curve, power, path('new'))
  await powersOfTau.contribute(path('new'), path('one'), 'one', 'typed by one')
  await powersOfTau.contribute(path('one'), path('two'), 'two', 'typed by two')
  await powersOfTau.beacon(path('two'), path('unprepared'), 'beacon', BEACON_HASH, 10)
  await powersOfTau.preparePhase2(path('unprepared'), path('final'))
  return { unprepared: path('unprepared'), final: path('final') }
}
export type PtauPaths = { readonly unprepared: string; readonly final: string }

export type Forgery = {
  /** Of the contribution; 1 changes nothing. */
  readonly secret: bigint
  /** Secret that is proved, where it is another. */
  readonly provedSecret?: bigint
  /** Secret whose product with delta the contribution claims. */
  readonly deltaSecret?: bigint
  /** Whether the key's points in section 8 and 9 follow the secret. */
  readonly appliesToPoints: boolean
  readonly name: string
}

/**
 * Appends a contribution of a chosen secret to a proving key, honest or not in each of its parts, which
 * snarkjs does not let one do.
 *
 * @returns the contribution's hash.
 */
export async function forgeContribution(
  from: string,
  to: string,
  { secret, provedSecret = secret, deltaSecret = secret, appliesToPoints, name }: Forgery,
): Promise<string> {
  const curve = await buildBn128()
  const { G1, G2, Fr } = curve
  const key = readKeyRecord(from)
  const times1 = (point: Uint8Array, scalar: bigint) => G1.toAffine(G1.timesFr(point, Fr.e(scalar)))
  const g1s = G1.toAffine(G1.timesFr(G1.g, Fr.e(987_654_321n)))
  const g1sx = times1(g1s, provedSecret)
  const accumulated = createHash('blake2b512').update(key.circuitHash)
  for (const each of key.contributions) {
    for (const point of [each.deltaAfter, each.g1s, each.g1sx]) {
      accumulated.update(uncompressed(curve, 'G1', point))
    }
    accumulated.update(uncompressed(curve, 'G2', each.g2spx)).update(each.transcript)
  }
  accumulated.update(uncompressed(curve, 'G1', g1s)).update(uncompressed(curve, 'G1', g1sx))
  const transcript = accumulated.digest()
  const view = new DataView(transcript.buffer, transcript.byteOffset)
  const seed = Array.from({ length: 8 }, (_, i) => view.getUint32(4 * i))
  const g2s = G2.toAffine(G2.fromRng(new ChaCha(seed)))
  const g2spx = G2.toAffine(G2.timesFr(g2s, Fr.e(secret)))
  const deltaAfter = times1(key.delta1, deltaSecret)

  const label = Buffer.from(name)
  const contribution = Buffer.concat([
    ...[deltaAfter, g1s, g1sx, g2spx, transcript],
    words(0, 2 + label.length),
    Buffer.from([1, label.length]),
    label,
  ])
  const sections = sectionsOf(readFileSync(from))
  const header = sections.get(2)!
  header.set(deltaAfter, header.length - 64 - 128)
  header.set(G2.toAffine(G2.timesFr(key.delta2, Fr.e(deltaSecret))), header.length - 128)
  if (appliesToPoints) {
    for (const id of [8, 9]) {
      const points = sections.get(id)!
      const inverse = inverseOf(secret)
      for (let at = 0; at < points.length; at += 64) {
        const point = points.subarray(at, at + 64)
        if (!point.every((byte) => byte === 0)) points.set(times1(point, inverse), at)
      }
    }
  }
  const history = Buffer.concat([sections.get(10)!, contribution])
  history.writeUInt32LE(key.contributions.length + 1, 64)
  sections.set(10, history)
  writeFileSync(to, zkeyOf(sections))

  const own = createHash('blake2b512')
  for (const point of [deltaAfter, g1s, g1sx]) own.update(uncompressed(curve, 'G1', point))
  return own
    .update(uncompressed(curve, 'G2', g2spx))
    .update(transcript)
    .digest('hex')
}

/** Changes bytes of a section of a file. */
export function editSection(path: string, id: number, edit: (section: Buffer) => void): void {
  const bytes = readFileSync(path)
  const section = sectionsOf(bytes).get(id)
  if (section === undefined) throw new RangeError(`no section ${id}`)
  edit(section)
  writeFileSync(path, bytes)
}

/** Sections as views of `bytes`, in their order. */
function sectionsOf(bytes: Buffer): Map<number, Buffer> {
  const sections = new Map<number, Buffer>()
  for (let at = 12; at < bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(at + 4))
    sections.set(bytes.readUInt32LE(at), bytes.subarray(at + 12, at + 12 + length))
    at += 12 + length
  }
  return sections
}

function zkeyOf(sections: ReadonlyMap<number, Buffer>): Buffer {
  const parts = [...sections].flatMap(([id, section]) => [words(id, section.length, 0), section])
  return Buffer.concat([Buffer.from('zkey'), words(1, sections.size), ...parts])
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  values.forEach((value, index) => bytes.writeUInt32LE(value, 4 * index))
  return bytes
}

function uncompressed(curve: Curve, group: 'G1' | 'G2', point: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(point.length)
  curve[group].toRprUncompressed(bytes, 0, point)
  return bytes
}

const R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n
function inverseOf(value: bigint): bigint {
  let [result, square] = [1n, value]
  for (let exponent = R - 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * square) % R
    square = (square * square) % R
  }
  return result
}
