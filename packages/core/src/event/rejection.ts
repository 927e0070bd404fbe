/** Why an output guard did not accept a response. */
export interface Rejection {
  /** Its name. */
  readonly guard: string;
  readonly reason: string;
  /** How often in a row this guard may have the model asked again; then its reason refuses the run. */
  readonly maxRetries: number;
}
