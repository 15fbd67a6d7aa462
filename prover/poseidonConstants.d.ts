/** Hexadecimal. `M` and `P` are matrices whose [j][i] is the share of input j in output i. */
export const poseidonConstants: {
  C: string[][]
  S: string[][]
  M: string[][][]
  P: string[][][]
}
