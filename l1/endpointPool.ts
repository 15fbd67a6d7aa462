import { type EIP1193RequestFn, http, type Transport } from 'viem'
import { isUnavailable } from './ask.ts'
import { EndpointsDisagreeError, NoEndpointError } from './errors.ts'

/** Why a node is passed over for a while. */
export const endpointFaults = [
  'away',
  'rate limited',
  'wrong chain',
  'malformed answer',
  'stale',
  'other blocks',
] as const
export type EndpointFault = (typeof endpointFaults)[number]

/** A node as the pool sees it. Its name is host and port: paths of URLs may hold keys. */
export type EndpointState = {
  readonly name: string
  readonly fault: EndpointFault | undefined
  /** Newest block that it told of. */
  readonly head: bigint | undefined
}

export type EndpointEvent = { readonly name: string; readonly fault: EndpointFault | undefined }

export type EndpointPoolParameters = {
  /** In order of trust; the first one that works is asked. */
  urls: readonly string[]
  /** Of the deployment. Default: what the first that answers says. */
  chainId?: bigint
  timeoutMs: number
  /** A node that is so many blocks behind another one, or behind what it said itself, is stale. */
  staleBlocks?: bigint
  /** Depth at which all nodes must have the same block: below it they may see different tips. */
  agreementDepth?: bigint
  /** How often they are compared; Infinity: only by `compare`. */
  compareMs?: number
  /** How long a node with a fault is passed over; doubled with each in a row, up to a minute. */
  pauseMs?: number
  onEvent?: (event: EndpointEvent) => void
  now?: () => number
}

const STALE_BLOCKS = 5n
/** Tips of Ethereum are reorganised by one or two blocks, rarely more. */
const AGREEMENT_DEPTH = 8n
const COMPARE_MS = 15_000
const PAUSE_MS = 1_000
const MAX_PAUSE_MS = 60_000
/** "limit exceeded" of EIP-1474. */
const LIMIT_EXCEEDED = -32_005

type Request = EIP1193RequestFn
type Call = { method: string; params?: unknown }

class Endpoint {
  readonly name: string
  readonly request: Request
  fault: EndpointFault | undefined
  pausedUntil = 0
  failures = 0
  isOfChain = false
  head: bigint | undefined

  constructor(url: string, timeoutMs: number) {
    this.name = nameOf(url)
    // Another one is asked instead of the same one again.
    this.request = http(url, { timeout: timeoutMs, retryCount: 0 })({}).request
  }
}

/**
 * Several nodes of one chain behind one client. Each question goes to the first node without a fault; one that is
 * away, limits, is of another chain, is behind, or answers with something else than an answer is passed over for a
 * while and named. From time to time all are asked for the same block: a minority with another one is passed over;
 * where there is no majority nothing is answered, since nobody here can tell who lies.
 */
export class EndpointPool {
  readonly #parameters: EndpointPoolParameters
  readonly #endpoints: readonly Endpoint[]
  #chainId: bigint | undefined
  #comparedAt = -Infinity
  #disagreement: EndpointsDisagreeError | undefined

  constructor(parameters: EndpointPoolParameters) {
    this.#parameters = parameters
    this.#endpoints = parameters.urls.map((url) => new Endpoint(url, parameters.timeoutMs))
    this.#chainId = parameters.chainId
  }

  get states(): readonly EndpointState[] {
    return this.#endpoints.map(({ name, fault, head }) => ({ name, fault, head }))
  }

  /** As viem takes it. By hand: `createTransport` would wrap what we throw into errors of a node. */
  transport(): Transport {
    const request = ((call: Call) => this.request(call)) as Request
    const [key, name] = ['endpointPool', 'Several nodes']
    // Failing over is the pool's own retry.
    const config = { key, name, request, retryCount: 0, retryDelay: 0, type: key }
    return () => ({ config, request, value: undefined })
  }

  /**
   * @throws {NoEndpointError} when none answers.
   * @throws {EndpointsDisagreeError} while they have different blocks and there is no majority.
   * @throws what a node answered, where that is an answer: a refusal by a contract, say.
   */
  async request(call: Call): Promise<unknown> {
    if (call.method === 'eth_sendRawTransaction') this.#spread(call)
    if (isAboutHead(call)) await this.#compareWhenDue()
    if (this.#disagreement !== undefined) throw this.#disagreement
    let last: unknown
    for (const endpoint of this.#inOrder()) {
      try {
        const answer = await this.#askChecked(endpoint, call)
        this.#setFault(endpoint, undefined)
        return answer
      } catch (error) {
        const fault = faultOf(error)
        if (fault === undefined) throw error
        this.#setFault(endpoint, fault)
        last = error
      }
    }
    const faults = this.states.map(({ name, fault }) => `${name}: ${fault ?? 'passed over'}`)
    throw new NoEndpointError({ faults, cause: last })
  }

  /** Those without a fault in order of trust, then the others, the soonest to be tried again first. */
  #inOrder(): Endpoint[] {
    const now = this.#now()
    const isPaused = ({ fault, pausedUntil }: Endpoint) => fault !== undefined && pausedUntil > now
    const ready = this.#endpoints.filter((endpoint) => !isPaused(endpoint))
    const paused = this.#endpoints
      .filter(isPaused)
      // A node of another chain, or with another history, is no help in need.
      .filter(({ fault }) => fault !== 'wrong chain' && fault !== 'other blocks')
      .sort((one, other) => one.pausedUntil - other.pausedUntil)
    return [...ready, ...paused]
  }

  async #askChecked(endpoint: Endpoint, call: Call): Promise<unknown> {
    await this.#checkChain(endpoint)
    const answer = await endpoint.request(call as never)
    checkShape(call, answer)
    if (isAboutHead(call)) this.#checkHead(endpoint, headIn(answer))
    return answer
  }

  async #checkChain(endpoint: Endpoint): Promise<void> {
    if (endpoint.isOfChain) return
    const answer: unknown = await endpoint.request({ method: 'eth_chainId' })
    if (!isQuantity(answer)) throw new EndpointFaultError('malformed answer')
    this.#chainId ??= BigInt(answer)
    if (BigInt(answer) !== this.#chainId) throw new EndpointFaultError('wrong chain')
    endpoint.isOfChain = true
  }

  /** Behind another one, or behind what it said itself while another one is not. */
  #checkHead(endpoint: Endpoint, head: bigint): void {
    const { staleBlocks = STALE_BLOCKS } = this.#parameters
    endpoint.head = head
    const others = this.#endpoints.filter(
      (other) => other !== endpoint && other.fault === undefined && other.head !== undefined,
    )
    if (others.some((other) => (other.head ?? 0n) > head + staleBlocks)) {
      throw new EndpointFaultError('stale')
    }
  }

  async #compareWhenDue(): Promise<void> {
    const { compareMs = COMPARE_MS } = this.#parameters
    if (compareMs === Infinity || this.#now() - this.#comparedAt < compareMs) return
    this.#comparedAt = this.#now()
    await this.compare()
  }

  /** Asks all nodes for their heads, then for one block that all must have alike. */
  async compare(): Promise<void> {
    const { agreementDepth = AGREEMENT_DEPTH, staleBlocks = STALE_BLOCKS } = this.#parameters
    const heads = await this.#askAll({ method: 'eth_blockNumber' }, this.#endpoints)
    const highest = [...heads.values()].reduce<bigint>((most, head) => {
      return isQuantity(head) && BigInt(head) > most ? BigInt(head) : most
    }, 0n)
    const fresh: Endpoint[] = []
    for (const [endpoint, head] of heads) {
      endpoint.head = BigInt(head as string)
      if (endpoint.head + staleBlocks < highest) this.#setFault(endpoint, 'stale')
      else fresh.push(endpoint)
    }
    const lowest = fresh.reduce((least, { head = 0n }) => (head < least ? head : least), highest)
    const number = lowest > agreementDepth ? lowest - agreementDepth : 0n
    const params = [`0x${number.toString(16)}`, false]
    const blocks = await this.#askAll({ method: 'eth_getBlockByNumber', params }, fresh)
    this.#judge(number, blocks)
  }

  #judge(number: bigint, blocks: ReadonlyMap<Endpoint, unknown>): void {
    const byHash = new Map<string, Endpoint[]>()
    for (const [endpoint, block] of blocks) {
      const { hash } = block as { hash: string }
      byHash.set(hash, [...(byHash.get(hash) ?? []), endpoint])
    }
    this.#disagreement = undefined
    const groups = [...byHash].sort(([, one], [, other]) => other.length - one.length)
    const [largest, second] = groups
    if (largest === undefined || second === undefined) {
      for (const endpoint of largest?.[1] ?? []) this.#setFault(endpoint, undefined)
      return
    }
    if (largest[1].length === second[1].length) {
      const facts = groups.map(([hash, all]) => ({ hash, names: all.map(({ name }) => name) }))
      this.#disagreement = new EndpointsDisagreeError({ block: number, groups: facts })
      // They are compared again soon: a reorg reaches all nodes within seconds.
      this.#comparedAt = -Infinity
      for (const [, all] of groups) for (const each of all) this.#tell(each, 'other blocks')
      return
    }
    for (const [hash, all] of groups) {
      for (const each of all) this.#setFault(each, hash === largest[0] ? undefined : 'other blocks')
    }
  }

  /** Answers of the right chain and shape; the others' faults are set. */
  async #askAll(call: Call, endpoints: readonly Endpoint[]): Promise<Map<Endpoint, unknown>> {
    const answers = new Map<Endpoint, unknown>()
    await Promise.all(
      endpoints.map(async (endpoint) => {
        try {
          await this.#checkChain(endpoint)
          const answer: unknown = await endpoint.request(call as never)
          checkShape(call, answer)
          if (answer !== null) answers.set(endpoint, answer)
        } catch (error) {
          this.#setFault(endpoint, faultOf(error) ?? 'malformed answer')
        }
      }),
    )
    // In order of trust, whoever was first.
    return new Map(
      endpoints.flatMap((each) => (answers.has(each) ? [[each, answers.get(each)]] : [])),
    )
  }

  /** A transaction is given to every node: one that keeps it to itself must not be the only one. */
  #spread(call: Call): void {
    const [, ...others] = this.#inOrder()
    // The answer is the first one's.
    for (const endpoint of others) void this.#askChecked(endpoint, call).catch(() => undefined)
  }

  #setFault(endpoint: Endpoint, fault: EndpointFault | undefined): void {
    const { pauseMs = PAUSE_MS } = this.#parameters
    if (fault === undefined) {
      endpoint.failures = 0
    } else {
      endpoint.failures += 1
      const pause = pauseMs * 2 ** (endpoint.failures - 1)
      endpoint.pausedUntil = this.#now() + Math.min(pause, MAX_PAUSE_MS)
      // It may be another node behind the same name by then.
      endpoint.isOfChain = false
    }
    this.#tell(endpoint, fault)
  }

  #tell(endpoint: Endpoint, fault: EndpointFault | undefined): void {
    if (endpoint.fault === fault) return
    endpoint.fault = fault
    this.#parameters.onEvent?.({ name: endpoint.name, fault })
  }

  #now(): number {
    return (this.#parameters.now ?? Date.now)()
  }
}

class EndpointFaultError extends Error {
  readonly fault: EndpointFault
  constructor(fault: EndpointFault) {
    super(fault)
    this.fault = fault
  }
}

/** Undefined for what is an answer. */
function faultOf(error: unknown): EndpointFault | undefined {
  if (error instanceof EndpointFaultError) return error.fault
  if (!(error instanceof Error)) return undefined
  if ('status' in error && error.status === 429) return 'rate limited'
  if ('code' in error && error.code === LIMIT_EXCEEDED) return 'rate limited'
  if (error instanceof SyntaxError || error.cause instanceof SyntaxError) return 'malformed answer'
  return isUnavailable(error) ? 'away' : undefined
}

function isAboutHead({ method, params }: Call): boolean {
  if (method === 'eth_blockNumber') return true
  return method === 'eth_getBlockByNumber' && (params as unknown[])[0] === 'latest'
}

function headIn(answer: unknown): bigint {
  return BigInt(typeof answer === 'string' ? answer : (answer as { number: string }).number)
}

/** What everything else rests on: heads, blocks and lists of events look like such. */
function checkShape({ method, params }: Call, answer: unknown): void {
  const isSound =
    method === 'eth_blockNumber'
      ? isQuantity(answer)
      : method === 'eth_getLogs'
        ? Array.isArray(answer)
        : method === 'eth_getBlockByNumber'
          ? isBlock(answer) || (answer === null && (params as unknown[])[0] !== 'latest')
          : answer !== undefined
  if (!isSound) throw new EndpointFaultError('malformed answer')
}

function isQuantity(value: unknown): value is string {
  return typeof value === 'string' && /^0x[0-9a-f]+$/i.test(value)
}

function isBlock(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { number, hash, timestamp } = value as Record<string, unknown>
  const isHash = typeof hash === 'string' && /^0x[0-9a-f]{64}$/i.test(hash)
  return isQuantity(number) && isHash && isQuantity(timestamp)
}

function nameOf(url: string): string {
  try {
    return new URL(url).host
  } catch {
    return 'unreadable URL'
  }
}
