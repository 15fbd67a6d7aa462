import { execFile } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Artefacts belong in a cache, not in the repository. */
const LARGEST_FILE_BYTES = 2 * 1024 * 1024

type Rule = {
  /** The files it looks at, by path from the root. */
  files: RegExp
  /** What must not stand on any line. */
  forbidden: RegExp
  why: string
}

// Written in pieces where the rule would find itself.
const rules: Rule[] = [
  {
    files: /./,
    forbidden: new RegExp('(^|[^A-Za-z0-9_.])/(wo' + 'rk|fa' + 'rm)/'),
    why: 'names a folder of one machine',
  },
  {
    files: /./,
    forbidden: new RegExp('https?://(regis' + 'try\\.|de' + 'b\\.|[a-z0-9.-]*mir' + 'ror)'),
    why: 'names a package registry: whoever clones uses their own',
  },
  {
    files: /(^|\/)package-lock\.json$/,
    forbidden: /"resolved":/,
    why: 'names where a package came from: see .npmrc',
  },
  {
    files: /^test\/.*\.ts$/,
    forbidden: /\b(it|test|describe|suite)\.(skip|only|todo)\(|\{ (skip|only|todo): true/,
    why: 'leaves tests out',
  },
  {
    files: /\.(ts|js|mjs|sol|circom)$/,
    forbidden: new RegExp('\\b(TO' + 'DO|FIX' + 'ME)\\b(?!\\(#\\d+\\))'),
    why: 'leaves work behind without the number of its issue',
  },
]

/**
 * What no committed file may contain. Looks at what git tracks, or will with the next `git add`.
 *
 * @returns One line per finding: `path:line why`.
 */
export async function findHygieneProblems(root: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: root, maxBuffer: 64 * 1024 * 1024 },
  )
  const paths = [...new Set(stdout.split('\0').filter((path) => path !== ''))]
  return (await Promise.all(paths.map((path) => findProblemsIn(root, path)))).flat()
}

async function findProblemsIn(root: string, path: string): Promise<string[]> {
  const file = join(root, path)
  const stats = await stat(file).catch(() => undefined)
  // Tracked and deleted, or a link to a folder.
  if (stats?.isFile() !== true) return []
  if (stats.size > LARGEST_FILE_BYTES) return [`${path}: is larger than 2 MiB`]
  const contents = await readFile(file, 'utf8')
  // A NUL means that it is no text.
  if (contents.includes('\0')) return []
  const applicable = rules.filter(({ files }) => files.test(path))
  return contents
    .split('\n')
    .flatMap((line, index) =>
      applicable
        .filter(({ forbidden }) => forbidden.test(line))
        .map(({ why }) => `${path}:${String(index + 1)} ${why}`),
    )
}
