import type { FastifyBaseLogger } from 'fastify'
import { Gauge, type Registry } from 'prom-client'
import type { EndpointEvent } from '../../l1/endpointPool.ts'

/**
 * What is known of the base chain's nodes where several were named: in the log when it changes, and in the
 * metrics. One that is named alone has no state here.
 */
export class EndpointBoard {
  readonly #faults = new Map<string, EndpointEvent['fault']>()
  #log: FastifyBaseLogger | undefined

  readonly tell = (event: EndpointEvent): void => {
    const { name: endpoint, fault } = event
    this.#faults.set(endpoint, fault)
    if (fault === undefined) this.#log?.info({ endpoint }, 'base-chain node works again')
    else this.#log?.warn({ endpoint, fault }, 'base-chain node passed over')
  }

  /** From here on changes are logged; those before are now. */
  attach(log: FastifyBaseLogger, registry: Registry): void {
    this.#log = log
    const faults = this.#faults
    new Gauge({
      name: 'cinnabar_l1_endpoint_fault',
      help: 'Nodes of the base chain that are or were passed over: 1 while one is, with the reason.',
      labelNames: ['endpoint', 'fault'],
      registers: [registry],
      collect() {
        this.reset()
        for (const [endpoint, fault] of faults) {
          this.set({ endpoint, fault: fault ?? 'none' }, fault === undefined ? 0 : 1)
        }
      },
    })
    for (const [name, fault] of faults) if (fault !== undefined) this.tell({ name, fault })
  }
}
