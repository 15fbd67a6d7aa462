import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * What a folder's files export and its `index.ts` does not offer: whoever builds on the folder
 * imports from there.
 *
 * @returns One line per finding: `file: export`, or `file: not in the index`.
 */
export async function findUnofferedExports(folder: string): Promise<string[]> {
  const index = await readFile(join(folder, 'index.ts'), 'utf8')
  const offered = new Set([...index.matchAll(/\b\w+\b/g)].map(([name]) => name))
  const missing: string[] = []
  for (const name of (await readdir(folder)).sort()) {
    if (!name.endsWith('.ts') || name.endsWith('.d.ts') || name === 'index.ts') continue
    if (!index.includes(`from './${name}'`)) {
      missing.push(`${name}: not in the index`)
      continue
    }
    const source = await readFile(join(folder, name), 'utf8')
    for (const [, exported = ''] of source.matchAll(
      /^export (?:async )?(?:function|const|class|type) (\w+)/gm,
    )) {
      if (!offered.has(exported)) missing.push(`${name}: ${exported}`)
    }
  }
  return missing
}
