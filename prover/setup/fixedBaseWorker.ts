import { parentPort, workerData } from 'node:worker_threads'

import { FixedBase } from './fixedBase.ts'
import type { FixedBaseParameters, GroupName } from './fixedBase.ts'

export type FixedBaseWorkerData = Pick<FixedBaseParameters, 'module' | 'windowBits'> & {
  generators: Record<GroupName, Uint8Array>
}
export type FixedBaseTask = {
  id: number
  group: GroupName
  scalars: Uint8Array<ArrayBuffer>
}
export type FixedBaseAnswer =
  { id: number; points: Uint8Array<ArrayBuffer> } | { id: number; failure: string }

const { module, windowBits, generators } = workerData as FixedBaseWorkerData
const bases = new Map<GroupName, Promise<FixedBase>>()

parentPort?.on('message', (task: FixedBaseTask) => void answer(task))

async function answer({ id, group, scalars }: FixedBaseTask): Promise<void> {
  try {
    let base = bases.get(group)
    if (base === undefined) {
      base = FixedBase.build({ module, group, windowBits, generator: generators[group] })
      bases.set(group, base)
    }
    const points = (await base).multiply(scalars)
    parentPort?.postMessage({ id, points }, [points.buffer as ArrayBuffer])
  } catch (error) {
    parentPort?.postMessage({ id, failure: String(error) })
  }
}
