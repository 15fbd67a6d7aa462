import { sha256 } from '@noble/hashes/sha2.js'
import type { Attributes, Context, Link, SpanContext } from '@opentelemetry/api'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import { bytesToHex } from '../protocol/field.ts'

type Hex = `0x${string}`
type Times = { startedAt: Date; endedAt: Date }

/**
 * What of a transfer's way is told to a tracing system. Each call says what is over, with its times: nothing is
 * carried through the code, and where tracing is off a call does nothing.
 */
export type Tracing = {
  admitted(facts: Times & { statementId: Hex }): void
  sealed(
    facts: Times & { batchNumber: bigint; circuit: string; statementIds: readonly Hex[] },
  ): void
  proved(facts: Times & { batchNumber: bigint; worker: string }): void
  settled(facts: Times & { firstBatch: bigint; lastBatch: bigint; l1Transaction: Hex }): void
  /** Sends what is left. */
  close(): Promise<void>
}

const nothing = () => undefined
export const noTracing: Tracing = {
  ...{ admitted: nothing, sealed: nothing, proved: nothing, settled: nothing },
  close: () => Promise.resolve(),
}

export type OpenTracingParameters = {
  /** Of the deployment: batches of two have the same numbers. */
  chainId: bigint
  rollup: Hex
} & (
  | { /** OTLP over HTTP, e.g. `http://127.0.0.1:4318/v1/traces`. */ url: string }
  | { /** For tests. */ processor: SpanProcessor }
)

/**
 * Opens tracing by OpenTelemetry, whose packages are loaded here and nowhere else. A transfer's trace is named by the
 * first 16 bytes of its statement id and a batch's by a hash of its number, so that whoever has the id of one finds
 * it, across restarts too; the span of sealing links to those of its transfers' admission.
 */
export async function openTracing(parameters: OpenTracingParameters): Promise<Tracing> {
  const [api, sdk] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
  ])
  const processor =
    'processor' in parameters
      ? parameters.processor
      : new sdk.BatchSpanProcessor({ exporter: await openExporter(parameters.url) })
  const ids = new GivenIds(new sdk.RandomIdGenerator())
  const { resourceFromAttributes } = await import('@opentelemetry/resources')
  const provider = new sdk.TracerProvider({
    idGenerator: ids,
    spanProcessors: [processor],
    resource: resourceFromAttributes({ 'service.name': 'cinnabar-sequencer' }),
  })
  const tracer = provider.getTracer('cinnabar')
  const inTraceOf = (parent: SpanContext): Context =>
    api.trace.setSpanContext(api.ROOT_CONTEXT, parent)

  /** A span that is over. With `own` it begins a trace of these ids. */
  function tell(
    name: string,
    { startedAt, endedAt }: Times,
    details: {
      own?: SpanContext
      parent?: SpanContext
      attributes: Attributes
      links?: Link[]
    },
  ): void {
    const { own, parent, attributes, links = [] } = details
    ids.next = own
    const context = parent === undefined ? api.ROOT_CONTEXT : inTraceOf(parent)
    const span = tracer.startSpan(name, { startTime: startedAt, attributes, links }, context)
    ids.next = undefined
    span.end(endedAt)
  }

  const { chainId, rollup } = parameters
  const batchContext = (batchNumber: bigint) => {
    const name = `cinnabar batch ${String(chainId)} ${rollup.toLowerCase()} ${String(batchNumber)}`
    return contextOf(bytesToHex(sha256(new TextEncoder().encode(name))))
  }

  return {
    admitted({ statementId, ...times }) {
      const attributes = { 'cinnabar.statement_id': statementId }
      tell('transfer.admit', times, { own: contextOf(statementId), attributes })
    },
    sealed({ batchNumber, circuit, statementIds, ...times }) {
      tell('batch.seal', times, {
        own: batchContext(batchNumber),
        attributes: {
          'cinnabar.batch_number': String(batchNumber),
          'cinnabar.circuit': circuit,
          'cinnabar.statement_ids': [...statementIds],
        },
        links: statementIds.map((id) => ({ context: contextOf(id) })),
      })
    },
    proved({ batchNumber, worker, ...times }) {
      tell('batch.prove', times, {
        parent: batchContext(batchNumber),
        attributes: {
          'cinnabar.batch_number': String(batchNumber),
          'cinnabar.worker': worker,
        },
      })
    },
    settled({ firstBatch, lastBatch, l1Transaction, ...times }) {
      for (let number = firstBatch; number <= lastBatch; number++) {
        tell('batch.settle', times, {
          parent: batchContext(number),
          attributes: {
            'cinnabar.batch_number': String(number),
            'cinnabar.l1_transaction': l1Transaction,
          },
        })
      }
    },
    // A receiver that is away must not hold up a stop, nor fail it.
    close: () => provider.shutdown().catch(() => undefined),
  }
}

async function openExporter(url: string) {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
  return new OTLPTraceExporter({ url, timeoutMillis: 5_000 })
}

/** Trace and first span of what a hash of 32 bytes names. */
function contextOf(hash: Hex): SpanContext {
  // 1: sampled.
  return { traceId: hash.slice(2, 34), spanId: hash.slice(34, 50), traceFlags: 1, isRemote: true }
}

/** Ids that are told for the next span, else random ones. */
class GivenIds {
  next: SpanContext | undefined
  readonly #random: { generateTraceId(): string; generateSpanId(): string }

  constructor(random: { generateTraceId(): string; generateSpanId(): string }) {
    this.#random = random
  }
  generateTraceId(): string {
    return this.next?.traceId ?? this.#random.generateTraceId()
  }
  generateSpanId(): string {
    return this.next?.spanId ?? this.#random.generateSpanId()
  }
}
