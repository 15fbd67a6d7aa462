import { duration, riskAreas, type RiskSheet } from './riskSheet.ts'

/** The sheet for a terminal: what holds, and what does not, with what was found. */
export function showRiskSheet({ promises, exitSeconds, holds }: RiskSheet): string {
  const lines = riskAreas.flatMap((area) => [
    area,
    ...promises
      .filter((one) => one.area === area)
      .flatMap(({ holds: isKept, promise, found }) => [
        `  ${isKept ? 'holds ' : 'BROKEN'}  ${promise}`,
        `          ${found}`,
      ]),
    '',
  ])
  const broken = promises.filter((one) => !one.holds)
  return [
    ...lines,
    `An exit against an idle operator takes ${duration(exitSeconds)} at most.`,
    holds ? 'Every promise holds.' : `Broken: ${broken.map(({ id }) => id).join(', ')}.`,
  ].join('\n')
}

/** The same as a page of the documentation. */
export function riskPage({ promises, exitSeconds }: RiskSheet): string {
  const sections = riskAreas.flatMap((area) => [
    `## ${area}`,
    '',
    '| promise | holds | found |',
    '| --- | --- | --- |',
    ...promises
      .filter((one) => one.area === area)
      .map(
        ({ promise, holds, found }) => `| ${promise} | ${holds ? 'yes' : '**no**'} | ${found} |`,
      ),
    '',
  ])
  return [
    '# Risk sheet',
    '',
    'Of a deployment with the defaults of `deploy/contracts/deploy.ts`, in the terms of L2BEAT. Written by a test from what the deployed contracts say (`CINNABAR_UPDATE_PINS=1 npm test -- test/deploy/risk.test.ts`); do not edit. Check a real deployment by',
    '',
    '    cinnabar risk --rpc URL --rollup ADDRESS',
    '',
    'which ends with 1 when a promise does not hold. Roles and delays: [governance](governance.md); takeover: [takeover](spec/takeover.md).',
    '',
    `An exit against an idle operator takes **${duration(exitSeconds)}** at most: the deadline of what was queued, two leases, and the longest stop of the settlement clock. Then it can be claimed.`,
    '',
    ...sections,
  ].join('\n')
}
