import { Type, type Static } from '@sinclair/typebox'
import { Closed } from './primitives.ts'

/** Body of every answer that is no success. Clients branch on `code`. */
export const ErrorBody = Closed({
  code: Type.String({ description: 'Stable code, upper snake case.' }),
  message: Type.String({ description: 'One sentence.' }),
  details: Type.Array(Type.String(), { description: 'Facts and, last, the remedy.' }),
})
export type ErrorBody = Static<typeof ErrorBody>
