import { readdir } from 'node:fs/promises'

type Generator = { generate: () => Promise<Map<string, string>> }

/** All vectors: each `generate….ts` beside this file makes some of them. */
export async function generate(): Promise<Map<string, string>> {
  const names = (await readdir(import.meta.dirname)).filter((name) => /^generate.+\.ts$/.test(name))
  const files = new Map<string, string>()
  for (const name of names.sort()) {
    const module = (await import(`./${name}`)) as Generator
    for (const [path, contents] of await module.generate()) files.set(path, contents)
  }
  return files
}
