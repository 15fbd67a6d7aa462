import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import {
  type DestinationBody,
  type DestinationConsentFile,
  formatIdentityFile,
  parseIdentityFile,
} from '../api/identityFiles.ts'
import { decodeAddress } from '../protocol/address.ts'
import { SECONDS_PER_DAY } from '../protocol/constants.ts'
import { formatField } from '../protocol/field.ts'
import { announceDestination } from './announceDestination.ts'
import { applyConsent } from './destinationConsents.ts'
import { applyPlan, offerOfPlan, planDestination, readDestinationPlan } from './destinations.ts'
import { DestinationPlanError } from './errors.ts'
import { formatTime } from '../protocol/calendar.ts'
import { readDeployment } from '../l1/deployment.ts'
import { connect, say } from './options.ts'
import type { PublishIdentityParameters } from './publishIdentity.ts'
import { admitEntry, entryOf } from './registrar.ts'
import {
  type ChainOptions,
  type CommonOptions,
  integer,
  openSender,
  openState,
  readText,
} from './registrarOptions.ts'
import { replaceFile } from '../files/replaceFile.ts'

type Publish = (
  options: ChainOptions,
  parameters: Omit<PublishIdentityParameters, 'registry' | 'auditKeyI'>,
) => Promise<void>

/** `cinnabar registrar destination`: another destination, by its owner's consent or under an order of two approvers. */
export function registerDestinations(
  registrar: Command,
  {
    withState,
    withChain,
  }: { withState: (command: Command) => Command; withChain: (command: Command) => Command },
  publish: Publish,
): void {
  const destination = registrar
    .command('destination')
    .description("Change a person's destination: by its own signature, or by an order.")
    .addHelpText(
      'after',
      `
By the person's signature (cinnabar wallet identity move):
  cinnabar registrar destination announce consent.json …                                     (starts the timelock)
  cinnabar registrar destination move consent.json …                                         (once it is over)

By an order on the base chain:
  cinnabar registrar destination plan 7 --to 0x… --out plan.json
  cinnabar regulator order file-destination plan.json --case case.pdf --legal-basis 6 …     (the officer)
  cinnabar registrar destination apply plan.json --order 3 --notice offer.json …             (once approved)`,
    )

  withChain(destination.command('announce <consent>'))
    .description("Check a person's consent, and start the timelock of its change.")
    .action(announce)

  withChain(destination.command('move <consent>'))
    .description('Make an announced change, once its timelock is over.')
    .option('--notice <file>', 'also write the file that a restored wallet needs')
    .action(async (path: string, options: ChainOptions & { notice?: string }) => {
      const file = await openState(options)
      const consent = await readConsent(path)
      const { index, old, next, consent: signed } = applyConsent(file.value, consent)
      const { reference } = entryOf(file.value, index)
      await publish(options, { index, old, next, reference, consent: signed })
      // Before the state: what is kept as made is not made again.
      if (options.notice !== undefined) {
        const offer = offerOfPlan(file.value, { ...consent, salt: formatField(next.salt) })
        replaceFile(options.notice, formatIdentityFile(offer))
      }
      await file.write(admitEntry(file.value, { index, identity: next }))
    })

  withState(destination.command('plan'))
    .description('Fix the change that an order is to allow. The file is confidential.')
    .argument('<index>', 'identity index', integer)
    .requiredOption('--deployment <file>', 'deployment file')
    .requiredOption('--to <address>', 'base-chain address, or a Cinnabar address')
    .requiredOption('--out <file>', 'where the plan goes')
    .action(
      async (
        index: number,
        options: CommonOptions & { deployment: string; to: string; out: string },
      ) => {
        const { value: state } = await openState(options)
        const { prefix } = await readDeployment(options.deployment)
        const plan = planDestination(state, {
          index,
          destination: readDestination(options.to, prefix),
          randomBytes: (length) => randomBytes(length),
        })
        replaceFile(options.out, `${JSON.stringify(plan, null, 2)}\n`)
        say(
          `Written to ${options.out}. Any other change of identity ${String(index)} makes it void.`,
        )
        say(
          `Next: the officer files it with \`cinnabar regulator order file-destination ${options.out}\`.`,
        )
      },
    )

  withChain(destination.command('apply <plan>'))
    .description('Make the change that an approved order allows, once.')
    .requiredOption('--order <number>', 'number of the order', integer)
    .requiredOption('--notice <file>', 'where the file goes that the person needs to leave')
    .action(async (path: string, options: ChainOptions & { order: number; notice: string }) => {
      const file = await openState(options)
      const plan = readDestinationPlan(await readText(path))
      const { index } = plan
      const { old, next } = applyPlan(file.value, plan)
      // Kept first: without it the person could not open its own leaf.
      replaceFile(options.notice, formatIdentityFile(offerOfPlan(file.value, plan)))
      const { reference } = entryOf(file.value, index)
      await publish(options, { index, old, next, reference, order: BigInt(options.order) })
      await file.write(admitEntry(file.value, { index, identity: next }))
      say(`Hand ${options.notice} to the person: without it its wallet cannot leave.`)
    })
}

async function announce(path: string, options: ChainOptions): Promise<void> {
  const { value: state } = await openState(options)
  const move = applyConsent(state, await readConsent(path))
  const { client, deployment } = await connect(options)
  const announced = await announceDestination(
    { ...(await openSender(options)), client, deployment },
    move,
  )
  const { secondsLeft, transactionHash } = announced
  const allowedFrom = formatTime(announced.allowedFrom)
  if (options.json === true) {
    const transaction = transactionHash ?? null
    const facts = { index: move.index, allowedFrom, secondsLeft: Number(secondsLeft), transaction }
    console.log(JSON.stringify(facts))
  }
  say(
    `${transactionHash === undefined ? 'It was announced before' : 'Announced'}. By the settlement clock the change ` +
      `can be made from ${allowedFrom} on${secondsLeft === 0n ? '' : `, in ${daysOf(secondsLeft)} days`}.`,
  )
  say(
    `Next: \`cinnabar registrar destination move ${path}\`; any other change of the identity ends it.`,
  )
}

async function readConsent(path: string): Promise<DestinationConsentFile> {
  return parseIdentityFile('cinnabar.destination-consent', await readText(path))
}

function daysOf(seconds: bigint): string {
  return (Number(seconds) / SECONDS_PER_DAY).toFixed(1)
}

function readDestination(text: string, prefix: 'cnb' | 'tcnb'): DestinationBody {
  if (text.startsWith('0x')) {
    if (!/^0x[0-9a-fA-F]{40}$/.test(text) || BigInt(text) === 0n) {
      throw new DestinationPlanError({ reason: '--to is no base-chain address' })
    }
    return { kind: 'address', address: text as `0x${string}` }
  }
  const { ownerKey, identityIndex } = decodeAddress(text, prefix).owner
  return {
    kind: 'owner',
    ownerKey: formatField(ownerKey),
    identityIndex: Number(identityIndex),
  }
}
