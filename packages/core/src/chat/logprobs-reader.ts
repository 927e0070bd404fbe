import { isRecord } from '../base/json.ts';
import type { ChatChoice, Logprobs } from './reply.ts';

/** Log probabilities as they come: lists that go on from piece to piece. */
export class LogprobsReader {
  /** `null` where the server said so, and nothing else. */
  #fields: Map<string, unknown> | null | undefined;

  read(logprobs: unknown): void {
    if (logprobs === null) this.#fields ??= null;
    if (!isRecord(logprobs)) return;
    this.#fields ??= new Map();
    for (const [name, value] of Object.entries(logprobs)) this.#fields.set(name, added(this.#fields.get(name), value));
  }

  /** `{ logprobs }`, or nothing where there was no such field. */
  toObject(): Pick<ChatChoice, 'logprobs'> {
    if (this.#fields === undefined) return {};
    // As the server sent them: only their lists are looked at here.
    return { logprobs: this.#fields === null ? null : (Object.fromEntries(this.#fields) as unknown as Logprobs) };
  }
}

/** A list grows in place: a long reply has thousands of pieces. */
function added(before: unknown, value: unknown): unknown {
  if (!Array.isArray(value)) return value ?? before ?? null;
  if (!Array.isArray(before)) return [...value];
  for (const element of value) before.push(element);
  return before;
}
