import { globSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { format, getFileInfo, resolveConfig } from 'prettier'

const root = dirname(import.meta.dirname)

/** Each folder that has generated files says so by a `generate.ts`, which writes nothing itself. */
const GENERATORS = '{[!.]*,[!.]*/[!.]*}/generate.ts'

type Generator = {
  /** Every generated file of the folder: path from the root of the repository → contents. */
  generate: () => Promise<Map<string, string>>
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })

const names = globSync(GENERATORS, { cwd: root, exclude: ['node_modules/**', 'scripts/**'] }).sort()
const stale: string[] = []
let count = 0
for (const name of names) {
  const { generate } = (await import(pathToFileURL(resolve(root, name)).href)) as Generator
  for (const [path, contents] of await generate()) {
    count++
    const wanted = await formatted(path, contents)
    const present = await readFile(resolve(root, path), 'utf8').catch(() => undefined)
    if (present === wanted) continue
    stale.push(path)
    if (values.check) continue
    await mkdir(dirname(resolve(root, path)), { recursive: true })
    await writeFile(resolve(root, path), wanted)
  }
}

for (const path of stale) console.log(`${values.check ? 'stale' : 'written'}: ${path}`)
if (values.check && stale.length > 0) {
  console.log('Run npm run generate and commit what it writes.')
  process.exit(1)
}
console.log(`${count} generated files are up to date`)
// Not left to the event loop: a generator may have started worker threads.
process.exit(0)

/** As prettier leaves it, so that a generator need not care and the format check has nothing to say. */
async function formatted(path: string, contents: string): Promise<string> {
  const file = resolve(root, path)
  const { ignored, inferredParser } = await getFileInfo(file, {
    ignorePath: resolve(root, '.prettierignore'),
    plugins: ['prettier-plugin-solidity'],
  })
  if (ignored || inferredParser === null) return contents
  return format(contents, { ...(await resolveConfig(file)), filepath: file })
}
