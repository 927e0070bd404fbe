import type { RunEvent } from '@pawl/core';
import { createInvalidError } from '../protocol/problem.ts';

/** How far a reader has read the deltas of the turn that is in progress. */
export interface OpenTurn {
  /** Names the attempt at the run in this process: another one writes another text. */
  readonly worker: string;
  readonly turn: number;
  readonly attempt: number;
  /** The length of each text that was read: text, reasoning, refusal, then the arguments of each call. */
  readonly lengths: readonly number[];
}

/** The place of a reader in the events of a run. */
export interface Cursor {
  /** The position of the last stored event that was read. */
  readonly position: number;
  readonly open?: OpenTurn;
}

export const START: Cursor = { position: 0 };

/** Formats a cursor for `id:` of an event. */
export function formatCursor({ position, open }: Cursor): string {
  if (open === undefined) return String(position);
  return `${position}.${open.worker}-${open.turn}-${open.attempt}-${open.lengths.join('_')}`;
}

/** Reads a cursor that a client sends. @throws HttpProblem 400 */
export function parseCursor(text: string): Cursor {
  const [, position, worker, turn, attempt, lengths = ''] = CURSOR.exec(text) ?? [];
  if (position === undefined) {
    throw createInvalidError(
      `The event id ${JSON.stringify(text.slice(0, 100))} is not one of this server. Send one that it sent, or none.`,
      'after',
    );
  }
  if (worker === undefined) return { position: Number(position) };
  const open = { worker, turn: Number(turn), attempt: Number(attempt), lengths: lengths.split('_').map(Number) };
  return { position: Number(position), open };
}

const CURSOR = /^(\d{1,15})(?:\.([\da-z]{1,16})-(\d{1,9})-(\d{1,9})-(\d{1,9}(?:_\d{1,9}){0,1023}))?$/;

type Delta = Extract<
  RunEvent,
  { readonly type: 'text.delta' | 'reasoning.delta' | 'refusal.delta' | 'tool_call.delta' }
>;

/** Whether an event is a piece of the run's own response; runs inside it have a path. */
export function isOwnDelta(event: RunEvent): event is Delta {
  return event.path === '' && 'delta' in event;
}

/** The place of a delta's text in `lengths`. */
export function indexDelta(event: Delta): number {
  switch (event.type) {
    case 'text.delta':
      return 0;
    case 'reasoning.delta':
      return 1;
    case 'refusal.delta':
      return 2;
    case 'tool_call.delta':
      return 3 + event.index;
  }
}
