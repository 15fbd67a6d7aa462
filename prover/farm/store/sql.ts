/** Something that runs queries: a pool, or one transaction; the sequencer's has the same form. */
export type FarmConnection = {
  query<Row extends object>(query: FarmQuery): Promise<Row[]>
}
export type FarmQuery = { readonly text: string; readonly values: readonly unknown[] }

type SqlValue = string | number | null | Date | Uint8Array | readonly Uint8Array[]

/** A query whose interpolations become $1, $2, …: no value is ever part of the text. */
export function sql(strings: TemplateStringsArray, ...values: readonly SqlValue[]): FarmQuery {
  const text = strings.reduce((all, part, i) => `${all}$${String(i)}${part}`)
  return { text, values: values.map(toDriver) }
}

function toDriver(value: SqlValue): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value)
  return Array.isArray(value) ? value.map(toDriver) : value
}
