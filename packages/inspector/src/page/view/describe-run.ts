import type { Json } from '@pawl/core/chat';
import { formatCost, formatCount } from './format-value.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Says in a line why a run has its status: which limit, which guard, which error, what it waits for. */
export function explainStatus({ status, outcome }: { readonly status: string; readonly outcome: Json }): string {
  if (typeof outcome !== 'object' || outcome === null) return status === 'interrupted' ? 'No process works on it.' : '';
  const fields: Fields = { ...outcome };
  switch (fields['status'] === status ? status : '') {
    case 'limited':
      return explainLimit(fields);
    case 'refused':
      return join(fields['guard'] === undefined ? '' : `guard ${String(fields['guard'])}`, fields['refusal']);
    case 'aborted':
      return join('', fields['reason']);
    case 'failed':
      return explainError(fields['error']);
    case 'suspended':
      return explainPending(fields['pending']);
    case 'completed':
    case 'truncated':
    case 'filtered':
      return typeof fields['text'] === 'string' ? fields['text'] : JSON.stringify(fields['output'] ?? '');
  }
  return '';
}

function explainLimit({ limit, spent, max }: Fields): string {
  const show = (value: unknown): string => {
    const amount = Number(value);
    return limit === 'cost' ? formatCost(amount) : formatCount(Math.round(amount));
  };
  return `limits.${String(limit)}: ${show(spent)} of ${show(max)}`;
}

function explainError(error: unknown): string {
  const { code, name, message }: Fields = { ...(error as object | undefined) }; // Of an outcome.
  return join(String(code ?? name ?? ''), message);
}

function explainPending(pending: unknown): string {
  const calls = Array.isArray(pending) ? (pending as readonly PendingLike[]) : [];
  const names = calls.map(({ call }) => call?.function?.name ?? call?.custom?.name ?? 'a call');
  return names.length === 0 ? '' : `waits for ${names.join(', ')}`;
}

interface PendingLike {
  readonly call?: { readonly function?: { readonly name?: string }; readonly custom?: { readonly name?: string } };
}

function join(kind: string, text: unknown): string {
  return [kind, typeof text === 'string' ? text : ''].filter(Boolean).join(': ');
}
