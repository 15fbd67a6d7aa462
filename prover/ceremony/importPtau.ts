import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

import { powersOfTau } from 'snarkjs'

import { defaultWorkspace, repositoryRoot } from '../../circuits/locateCircuit.ts'
import type { CircuitWorkspace } from '../../circuits/locateCircuit.ts'
import { BASE_FIELD_ORDER } from '../proof.ts'
import { CeremonyFileError, PtauError } from './errors.ts'
import { hashFile, SectionFile, viewOf } from './files.ts'
import { publishedPtaus } from './publishedPtaus.ts'
import { closingFiles } from './closingFiles.ts'
import { snarkjsProgress } from './snarkjsProgress.ts'
import type { Progress } from './snarkjsProgress.ts'

/** Where circuits are, and where it is noted which powers of tau were verified here. Paths from the root. */
export type CeremonyWorkspace = {
  readonly circuits: CircuitWorkspace
  readonly ptauRecords: string
}
export const defaultCeremonyWorkspace: CeremonyWorkspace = {
  circuits: defaultWorkspace,
  ptauRecords: '.cinnabar/ptau',
}

/** Powers of tau as a transcript names them. */
export type PtauInfo = {
  /** BLAKE2b of the file. */
  readonly hash: string
  readonly bytes: number
  /** Circuits may have up to 2^power rows. */
  readonly power: number
  readonly contributions: number
  /** The file's name where its hash is a published one, else null. */
  readonly published: string | null
}

const SECTION = { header: 1, tauG1: 2, contributions: 7, lagrangeTauG1: 12, lagrangeBetaG1: 15 }

/**
 * Reads what a file of phase 1 says of itself and hashes it. Verifies nothing else.
 *
 * @throws {CeremonyFileError | PtauError} when it is damaged, for another curve, without a contribution, or
 * not prepared for phase 2.
 */
export async function readPtau(path: string): Promise<PtauInfo> {
  const file = SectionFile.open(path, 'ptau')
  let power: number
  let contributions: number
  let bytes: number
  try {
    const header = file.read(SECTION.header)
    const view = viewOf(header)
    const fieldBytes = view.getUint32(0, true)
    const order = header
      .subarray(4, 4 + fieldBytes)
      .reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
    if (header.length !== 4 + fieldBytes + 8 || order !== BASE_FIELD_ORDER) {
      throw new CeremonyFileError({ path, reason: 'it is for another curve' })
    }
    power = view.getUint32(4 + fieldBytes, true)
    if (power > 28 || file.lengthOf(SECTION.tauG1) !== (2 ** (power + 1) - 1) * 64) {
      throw new CeremonyFileError({ path, reason: 'its powers of tau have a wrong length' })
    }
    contributions = viewOf(file.read(SECTION.contributions, 0, 4)).getUint32(0, true)
    for (let id = SECTION.lagrangeTauG1; id <= SECTION.lagrangeBetaG1; id++) {
      if (file.sections.has(id)) continue
      throw new PtauError({
        path,
        code: 'PTAU_NOT_PREPARED',
        reason: 'they are not prepared for phase 2',
        remedy:
          'Take the published file whose name ends in `final`, or run `snarkjs powersoftau prepare phase2`.',
      })
    }
    bytes = Math.max(...[...file.sections.values()].map(({ offset, length }) => offset + length))
  } finally {
    file.close()
  }
  if (contributions === 0) {
    throw new PtauError({
      path,
      code: 'PTAU_WITHOUT_CONTRIBUTION',
      reason: 'nobody contributed to them, so that everybody knows their secret',
      remedy: 'Take powers of tau from a ceremony of many.',
    })
  }
  const hash = await hashFile(path)
  return { hash, bytes, power, contributions, published: publishedPtaus[hash] ?? null }
}

/**
 * Verifies powers of tau: all contributions, all powers and all Lagrange values, by snarkjs. Notes the
 * file's hash, so that the same file need not be verified twice on a machine.
 *
 * @throws {CeremonyFileError | PtauError}
 */
export async function importPtau(
  path: string,
  {
    workspace = defaultCeremonyWorkspace,
    onProgress = () => {},
  }: { workspace?: CeremonyWorkspace; onProgress?: Progress } = {},
): Promise<PtauInfo> {
  onProgress(`${basename(path)}: reading`)
  const info = await readPtau(path)
  onProgress(`${basename(path)}: verifying 2^${info.power} powers`)
  const logger = snarkjsProgress(basename(path), onProgress)
  const isValid = await closingFiles([path], () => powersOfTau.verify(path, logger)).catch(
    () => false,
  )
  if (!isValid) {
    throw new PtauError({
      path,
      code: 'PTAU_INVALID',
      reason: `they do not verify${logger.errors[0] === undefined ? '' : `: ${logger.errors[0]}`}`,
      remedy: 'Take another copy and compare its hash with the published one.',
    })
  }
  const record = recordPath(info.hash, workspace)
  await mkdir(join(repositoryRoot, workspace.ptauRecords), { recursive: true })
  const text = `${JSON.stringify(info, null, 2)}\n`
  await writeFile(`${record}.new`, text)
  await rename(`${record}.new`, record)
  return info
}

/** @throws {PtauError} unless these very powers of tau were imported on this machine. */
export async function checkPtauImported(
  path: string,
  workspace: CeremonyWorkspace,
): Promise<PtauInfo> {
  const info = await readPtau(path)
  if (!isPtauImported(info.hash, workspace)) {
    throw new PtauError({
      path,
      code: 'PTAU_NOT_IMPORTED',
      reason: 'they were not verified on this machine',
      remedy: 'Run `cinnabar setup import-ptau` on the file first.',
    })
  }
  return info
}

export function isPtauImported(hash: string, workspace: CeremonyWorkspace): boolean {
  const path = recordPath(hash, workspace)
  if (!existsSync(path)) return false
  const record = JSON.parse(readFileSync(path, 'utf8')) as Partial<PtauInfo>
  return record.hash === hash
}

/** @throws {PtauError} unless the file is the one that a ceremony began with. */
export async function checkPtauIs(path: string, expected: PtauInfo): Promise<void> {
  const { hash } = await readPtau(path)
  if (hash === expected.hash) return
  throw new PtauError({
    path,
    code: 'PTAU_OTHER',
    reason: 'they are not those that the ceremony began with',
    remedy: `The transcript names the file with BLAKE2b ${expected.hash}.`,
  })
}

function recordPath(hash: string, { ptauRecords }: CeremonyWorkspace): string {
  return join(repositoryRoot, ptauRecords, `${hash.slice(0, 32)}.json`)
}
