import { REGISTRY_MODE } from '../../protocol/constants.ts'
import { formatField } from '../../protocol/field.ts'
import { aRegistration, anUpdate } from '../support/identities.ts'

type Inputs = { readonly [name: string]: unknown }

/** Statements of the registry and registration circuits, one of each kind. */
export function generate(): Promise<Map<string, string>> {
  const updates = Object.entries(REGISTRY_MODE).map(([name, mode]) => {
    const { publicInputs, circuitInputs } = anUpdate({ mode })
    return {
      name: `update: ${name}`,
      about: sentences[name as keyof typeof REGISTRY_MODE],
      circuit: 'registry',
      publicInputs: encode(publicInputs),
      circuitInputs: encode(circuitInputs),
    }
  })
  const { publicInputs, circuitInputs } = aRegistration()
  const registration = {
    name: 'registration',
    about: 'Alice accepts the leaf of index 5, the one that the FILL update writes.',
    circuit: 'registration',
    publicInputs: encode(publicInputs),
    circuitInputs: encode(circuitInputs),
  }
  const contents = JSON.stringify({ vectors: [...updates, registration] }, null, 2)
  return Promise.resolve(new Map([['test/vectors/registry.json', `${contents}\n`]]))
}

const sentences = {
  FILL: 'An empty leaf at index 5 is filled.',
  CHANGE: 'The tier and the salt at index 5 change.',
  DESTINATION_BY_OWNER: "The destination at index 5 changes by the owner's signature.",
  DESTINATION_BY_ORDER: 'The destination at index 5 changes by an order.',
} as const satisfies Record<keyof typeof REGISTRY_MODE, string>

/** Every field element as 0x and 64 digits; lists stay lists. */
function encode(value: unknown): unknown {
  if (typeof value === 'bigint') return formatField(value)
  if (Array.isArray(value)) return value.map(encode)
  return Object.fromEntries(
    Object.entries(value as Inputs).map(([name, inner]) => [name, encode(inner)]),
  )
}
