/**
 * By number of inputs less 1, as hexadecimal text: round constants C, sparse matrices S of the partial
 * rounds one after the other, the full matrix M and the one before the partial rounds P.
 */
declare const constants: {
  readonly C: readonly (readonly string[])[]
  readonly S: readonly (readonly string[])[]
  readonly M: readonly (readonly (readonly string[])[])[]
  readonly P: readonly (readonly (readonly string[])[])[]
}
export default constants
