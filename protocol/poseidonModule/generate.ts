import { buildPoseidonModule } from './build.js'

const WARNING = 'Generated from circomlibjs by `npm run generate` (build.js). Do not edit. GPL-3.0.'

export function generate(): Promise<Map<string, string>> {
  const { code, pages } = buildPoseidonModule()
  const base64 = btoa(Array.from(code, (byte) => String.fromCharCode(byte)).join(''))
  const text = `// ${WARNING}
export const pages = ${String(pages)}
export const code = '${base64}'
`
  return Promise.resolve(new Map([['protocol/poseidonModule/module.js', text]]))
}
