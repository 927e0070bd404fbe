import type { JSX } from 'preact';

/** Signs beside the words, so that no meaning is in a colour alone. */
const SIGNS: Readonly<Record<string, string>> = {
  queued: '…',
  running: '▸',
  suspended: '‖',
  interrupted: '!',
  completed: '✓',
  limited: '≤',
  truncated: '…',
  filtered: '≠',
  refused: '–',
  aborted: '■',
  failed: '✗',
};

/** Every status that a run can have. */
export const STATUSES: readonly string[] = Object.keys(SIGNS);

/** The status of a run. */
export function Status({ status }: { readonly status: string }): JSX.Element {
  return (
    <span class={`status status-${Object.hasOwn(SIGNS, status) ? status : 'unknown'}`}>
      <span aria-hidden="true">{Object.hasOwn(SIGNS, status) ? SIGNS[status] : '?'}</span> {status}
    </span>
  );
}

interface BadgeProps {
  readonly kind?: 'good' | 'bad' | 'warn' | 'plain' | 'accent';
  readonly children: string | readonly string[];
}

/** A word that classifies something. */
export function Badge({ kind = 'plain', children }: BadgeProps): JSX.Element {
  return <span class={`badge badge-${kind}`}>{children}</span>;
}
