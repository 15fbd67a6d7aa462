export function buildPoseidonModule(): { code: Uint8Array; pages: number }
