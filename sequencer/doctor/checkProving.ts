import type { ChainClient } from '../../l1/client.ts'
import type { ChainDeployment } from '../../l1/deployment.ts'
import type { BatchCircuit, CircuitName } from '../../protocol/constants.ts'
import { BaseError } from '../../protocol/errors.ts'
import { findFarmHealth } from '../../prover/farm/store/listProofJobs.ts'
import { openFarm } from '../../prover/farm/store/openFarm.ts'
import { loadKeys } from '../../prover/loadKeys.ts'
import { checkRegisteredKeys } from '../checkRegisteredKeys.ts'
import type { Findings } from './findings.ts'

/** Without these nothing can be admitted, or no small batch be sealed. */
const NEEDED: readonly CircuitName[] = ['transfer', 'collect', 'batch-4']
const LARGER: readonly BatchCircuit[] = ['batch-16', 'batch-64']
/** A member of the farm that says this name is the sequencer itself or a command like this one. */
const NOT_WORKERS = new Set(['sequencer', 'operator', 'doctor', 'migration'])

/** Circuits and keys on this machine, and whether they are the base chain's. */
export async function checkKeysHere(
  findings: Findings,
  chain: { client: ChainClient; deployment: ChainDeployment } | undefined,
): Promise<void> {
  for (const circuit of NEEDED) {
    await findings.attempt('circuits', () => loadKeys(circuit).verificationKey)
  }
  const isHere = (circuit: CircuitName) => {
    try {
      return loadKeys(circuit).verificationKey !== undefined
    } catch (error) {
      if (error instanceof BaseError) return false
      throw error
    }
  }
  const present = [...NEEDED, ...LARGER].filter(isHere)
  if (NEEDED.every((circuit) => present.includes(circuit))) {
    findings.ok('circuits', `Keys here: ${present.join(', ')}.`)
  }
  const insecure = present.filter((circuit) => loadKeys(circuit).info.insecure)
  if (insecure.length > 0) {
    findings.warn(
      'circuits',
      'The keys are development keys: whoever knows their seed can forge proofs.',
      'For anything but play, use keys of a ceremony: docs/ceremony.md, CINNABAR_KEYS.',
    )
  }
  if (chain === undefined) return
  const isEqual = await findings.attempt('registered keys', async () => {
    await checkRegisteredKeys({
      client: chain.client,
      rollup: chain.deployment.contracts.rollup,
      prover: { verificationKey: (circuit) => loadKeys(circuit).verificationKey },
    })
    return true
  })
  if (isEqual === true) findings.ok('registered keys', 'Those here are the base chain’s.')
}

/** Who proves: workers seen by the farm, and jobs that wait for the operator. */
export async function checkFarm(
  findings: Findings,
  { url, provers }: { url: string; provers: number },
): Promise<void> {
  await findings.attempt('farm', async () => {
    const farm = await openFarm({ url, name: 'doctor', isKeeper: false, poolSize: 2 })
    try {
      const members = await farm.boss.getInstances()
      const workers = members.filter(({ live, name }) => live && !NOT_WORKERS.has(String(name)))
      const { dead, waiting, lastError } = await findFarmHealth(farm)
      if (dead > 0) {
        findings.fail(
          'farm',
          `${String(dead)} proofs were given up; last ${lastError ?? 'for no known reason'}.`,
          'Remove the cause, then: cinnabar prover requeue --all (docs/runbooks/proofs-given-up.md)',
        )
      } else if (provers === 0 && workers.length === 0) {
        findings.fail(
          'farm',
          'With --provers 0 other workers must prove, and none is there.',
          'Start one: cinnabar prover --farm-key … --database-url …',
        )
      } else {
        const count = `${String(workers.length)} workers elsewhere, ${String(provers)} proofs at once here`
        findings.ok('farm', `${count}; ${String(waiting)} wait.`)
      }
    } finally {
      await farm.close()
    }
  })
}
