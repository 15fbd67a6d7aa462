import type { CircuitName } from '../../circuits/locateCircuit.ts'
import { BATCH_CIRCUITS } from '../../protocol/constants.ts'
import type { BatchCircuit } from '../../protocol/constants.ts'
import { registrationToCircuitInputs } from '../../protocol/registration.ts'
import { registryToCircuitInputs } from '../../protocol/registry.ts'
import { countInputSlots } from '../../protocol/transfer.ts'
import type { CircuitInputs } from '../../prover/witnessCalculator.ts'
import { aBatch, aDeposit, aSlot, aState, buildOn } from './batches.ts'
import { aRegistration, anUpdate } from './identities.ts'
import { aTransfer } from './transfers.ts'

/** Inputs of a valid, fully used statement of any of our circuits. */
export function sampleInputs(name: CircuitName): CircuitInputs {
  switch (name) {
    case 'transfer':
      return aTransfer().circuitInputs
    case 'collect':
      return aTransfer({
        circuit: 'collect',
        inputs: Array.from({ length: countInputSlots('collect') }, (_, index) => ({
          amount: BigInt(index) * 10n,
        })),
      }).circuitInputs
    case 'registration': {
      const { publicInputs, witness } = aRegistration()
      return registrationToCircuitInputs(publicInputs, witness)
    }
    case 'registry': {
      const { publicInputs, witness } = anUpdate()
      return registryToCircuitInputs(publicInputs, witness)
    }
    default:
      return batchInputs(name)
  }
}

function batchInputs(name: BatchCircuit): CircuitInputs {
  const size = BATCH_CIRCUITS[name].transferSlots
  const slots = Array.from({ length: size }, (_, index) => aSlot(`sample ${index}`))
  return buildOn(aState(), aBatch({ circuit: name, slots, deposits: [aDeposit('sample')] }))
    .circuitInputs
}
