/** A call of a run: its turn, its place in the turn, and the path of the nested run that it belongs to. */
export interface CallPlace {
  readonly runId: string;
  /** `''` for the run itself. */
  readonly path: string;
  readonly turn: number;
  readonly index: number;
}

/**
 * Formats the id of a call for a client: `<runId>.<path.><turn>.<index>`. The same live and on replay, and unique in a thread: ids of models and
 * positions are not.
 */
export function formatCallId({ runId, path, turn, index }: CallPlace): string {
  return `${runId}.${path === '' ? '' : `${path}.`}${turn}.${index}`;
}

/** Reads an id of `formatCallId`; `undefined` for any other text. */
export function parseCallId(id: string): CallPlace | undefined {
  const [, runId, path = '', turn, index] = CALL_ID.exec(id) ?? [];
  return runId === undefined ? undefined : { runId, path, turn: Number(turn), index: Number(index) };
}

/** Read from the right: a run id may contain dots. */
const CALL_ID = /^(.+?)(?:\.(tool:\d+\.\d+(?:\/(?:tool:\d+\.\d+|step:[^/]+))*))?\.(\d{1,9})\.(\d{1,9})$/;

/** Reads the place of a pending call from its id, such as `approval:1.0` or `tool:1.0/approval:2.0`. */
export function locatePendingCall(runId: string, pendingId: string): CallPlace {
  const [, path = '', turn, index] = /^(?:(.*)\/)?[a-z_]+:(\d+)\.(\d+)/.exec(pendingId) ?? [];
  return { runId, path, turn: Number(turn ?? 0), index: Number(index ?? 0) };
}
