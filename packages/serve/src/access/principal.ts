import { isRecord } from '@pawl/core/model';

/** Who sends a request. `authorize` returns it. */
export interface Principal {
  readonly id: string;
  /** Separates equal ids of different customers. */
  readonly tenant?: string;
  /** Whether the principal sees, answers, forks and deletes all runs of its tenant; of all tenants if it has none. @defaultValue false */
  readonly isOperator?: boolean;
  /** The names of the agents that the principal may use. @defaultValue all */
  readonly agents?: readonly string[];
}

/** Whether a value names a principal. JavaScript code may return anything. */
export function isPrincipal(value: unknown): value is Principal {
  return isRecord(value) && typeof value['id'] === 'string' && value['id'] !== '';
}
