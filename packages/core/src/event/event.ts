import type { Fact } from './fact.ts';
import type { Notice } from './notice.ts';

export interface Stamp {
  readonly runId: string;
  /** Where in a tree of runs: `''` for the run itself. */
  readonly path: string;
  /** Counts the events of this attempt at the run, from 1, without gaps. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** True where the host remembered the fact from an earlier attempt. Metrics pass over these. */
  readonly replayed?: true;
}

/** A fact or a notice, stamped. JSON throughout. */
export type RunEvent = (Fact | Notice) & Stamp;

export type EventType = RunEvent['type'];

/** The event of one type. */
export type EventOf<Type extends EventType> = Extract<Fact | Notice, { readonly type: Type }> & Stamp;
