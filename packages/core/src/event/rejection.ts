/** Why an output guard rejected a response. */
export interface Rejection {
  /** The name of the guard. */
  readonly guard: string;
  readonly reason: string;
  /**
   * How often in a row this guard can have the model called again. After that, its reason refuses the run.
   *
   * @defaultValue counts against `maxOutputRetries` of the agent
   */
  readonly maxRetries?: number;
}
