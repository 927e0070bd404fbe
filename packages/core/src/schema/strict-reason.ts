/** Why a schema has no strict form, at a place in it. */
export interface StrictReason {
  /** A JSON Pointer (RFC 6901) into the schema as it is sent otherwise. */
  readonly pointer: string;
  readonly reason: string;
}
