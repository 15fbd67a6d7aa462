import { randomBytes } from 'node:crypto'
import { type Command } from 'commander'
import type { AuditKeyKind } from './auditKeys.ts'
import { say } from './options.ts'
import {
  type ActorOptions,
  actorOf,
  integer,
  keyOption,
  legalBasis as readLegalBasis,
  print,
  withActor,
} from './orderOptions.ts'
import { orderAlert } from './orders/orderAlert.ts'
import { OrderFolder } from './orders/orderFolder.ts'
import { createServiceClient } from './service/serviceClient.ts'
import { readText } from './supervisionOptions.ts'

type AlertOrderOptions = ActorOptions & {
  service: string
  certificate: string
  certificateKey: string
  authority?: string
  legalBasis: number
  limit?: number
  key: AuditKeyKind[]
  emergency?: true
}

/** `cinnabar regulator order from-alert`: what a rule found becomes an order. */
export function registerAlertOrder(order: Command): void {
  withActor(order.command('from-alert <alert>'))
    .description(
      'File an order for the transfers that an alert rests on; its facts are the case file.',
    )
    .requiredOption('--service <url>', 'the supervisory service')
    .requiredOption('--certificate <file>', 'the officer’s client certificate, PEM')
    .requiredOption('--certificate-key <file>', 'its private key, PEM')
    .option('--authority <file>', 'authority of the service’s certificate, PEM')
    .requiredOption('--legal-basis <code>', 'code of docs/spec/legal-bases.md', readLegalBasis)
    .option('--limit <count>', 'records to open at most; default: all that it rests on', integer)
    .addOption(keyOption())
    .option('--emergency', 'one approval begins; the other must follow in time')
    .addHelpText(
      'after',
      `
The alert must be assigned. The order is filed with your base-chain key, and the service records its number on the alert. The
documents are kept in --dir before anything is sent: given again after a crash, the command files nothing twice.

Example:
  cinnabar regulator order from-alert 4 --service https://127.0.0.1:8443 --certificate wei.pem --certificate-key wei.key \\
    --authority supervisors.pem --legal-basis 2 --rpc http://127.0.0.1:8545 --deployment deployment.json \\
    --key-file officer.key --dir orders`,
    )
    .action(async (alert: string, options: AlertOrderOptions) => {
      const { actor, source } = await actorOf(options)
      const service = createServiceClient({
        url: options.service,
        certificate: await readText(options.certificate),
        key: await readText(options.certificateKey),
        ...(options.authority === undefined
          ? {}
          : { authority: await readText(options.authority) }),
      })
      const { legalBasis, limit, key: keys } = options
      const filed = await orderAlert(
        {
          ...{ actor, source, service, folder: new OrderFolder(options.dir) },
          randomBytes: (n) => new Uint8Array(randomBytes(n)),
        },
        {
          ...{ alert: integer(alert), legalBasis, keys, isEmergency: options.emergency === true },
          ...(limit === undefined ? {} : { limit }),
        },
      )
      print({ alert: integer(alert), order: filed.order, transfers: filed.transfers })
      say('Next: `order approve` by a reviewer and a judge, who are two other accounts.')
    })
}
