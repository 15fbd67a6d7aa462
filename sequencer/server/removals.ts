import { readFile, stat } from 'node:fs/promises'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { Bytes32Hex, Closed } from '../../api/primitives.ts'
import { BaseError } from '../../protocol/errors.ts'

export class RemovalsFileError extends BaseError {
  override readonly name = 'RemovalsFileError'
  constructor({ path, reason }: { path: string; reason: string }) {
    super('The list of removed memos cannot be read.', {
      code: 'REMOVALS_FILE_INVALID',
      metaMessages: [
        `File: ${path}`,
        `Reason: ${reason}`,
        'It is {"type":"cinnabar.removals","removals":[{"statementId":"0x…","order":"…"}]}.',
      ],
    })
  }
}

const RemovalsFile = Closed({
  type: Type.Literal('cinnabar.removals'),
  removals: Type.Array(
    Closed({
      statementId: Bytes32Hex,
      /** Shown in the memo's place, so that whoever misses it knows whom to ask. */
      order: Type.String({ minLength: 1, maxLength: 200 }),
    }),
  ),
})

/**
 * Memos that a regulator's order removed from a service's answers. What is settled stays on the base chain, whose
 * data nobody can take back: this is about what a service goes on spreading.
 */
export type Removals = {
  /** The order's reference by statement id. */
  read(): Promise<ReadonlyMap<string, string>>
}

export const noRemovals: Removals = { read: () => Promise.resolve(new Map()) }

/**
 * A list in a file, read again when it has changed. A change that cannot be read leaves the last list in force: a
 * typing error must not bring back what an order removed.
 *
 * @throws {RemovalsFileError} at the start.
 */
export async function fileRemovals(
  path: string,
  onFailure: (error: RemovalsFileError) => void = ({ message }) => {
    process.stderr.write(`${message}\n`)
  },
): Promise<Removals> {
  let known = await readRemovals(path)
  let failed: string | undefined
  return {
    async read() {
      const version = await versionOf(path)
      if (version === known.version || version === failed) return known.orders
      try {
        known = await readRemovals(path)
        failed = undefined
      } catch (error) {
        if (!(error instanceof RemovalsFileError)) throw error
        // Said once for each change.
        failed = version
        onFailure(error)
      }
      return known.orders
    },
  }
}

type Known = { version: string; orders: ReadonlyMap<string, string> }

async function readRemovals(path: string): Promise<Known> {
  // Before the contents: a change in between shows at the next look.
  const version = await versionOf(path)
  const fail = (reason: string) => new RemovalsFileError({ path, reason })
  const text = await readFile(path, 'utf8').catch(() => {
    throw fail('it cannot be opened')
  })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw fail('it is not JSON')
  }
  if (!Value.Check(RemovalsFile, value)) {
    const fault = Value.Errors(RemovalsFile, value).First()
    throw fail(`${fault?.path ?? ''}: ${fault?.message ?? 'it is malformed'}`)
  }
  return {
    version,
    orders: new Map(value.removals.map((entry) => [entry.statementId, entry.order])),
  }
}

async function versionOf(path: string): Promise<string> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined)
  return stats === undefined ? 'missing' : `${stats.ino} ${stats.mtimeNs} ${stats.size}`
}
