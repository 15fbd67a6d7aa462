import { buildBn128 } from 'ffjavascript'

export type CurveModule = {
  module: WebAssembly.Module
  /** Bytes of a point prepared for the pairing. */
  preparedG1Bytes: number
  preparedG2Bytes: number
}

let built: Promise<CurveModule> | undefined

/** ffjavascript's BN254 program, built once a process: it takes about 0.2 s. */
export function curveModule(): Promise<CurveModule> {
  built ??= (async () => {
    const { tm, prePSize, preQSize } = await buildBn128(true)
    const module = await WebAssembly.compile(new Uint8Array(tm.code))
    return { module, preparedG1Bytes: prePSize, preparedG2Bytes: preQSize }
  })()
  return built
}
