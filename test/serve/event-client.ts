import type { RunEvent } from '@pawl/core';

/** A message of an event stream. */
export interface StreamMessage {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Reads the complete messages of a text, as `EventSource` does: one that is cut is no message. */
export function parseMessages(text: string): readonly StreamMessage[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .flatMap((block) => {
      const fields = new Map(
        block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      const data = fields.get('data');
      return data === undefined ? [] : [{ id: fields.get('id') ?? '', event: fields.get('event') ?? 'message', data }];
    });
}

/** Reads a stream up to a number of bytes, then cancels it. */
export async function readBytes(response: Response, maxBytes: number): Promise<string> {
  const reader = response.body?.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  while (reader !== undefined && size < maxBytes) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value.subarray(0, maxBytes - size));
    size += value.length;
  }
  await reader?.cancel();
  return Buffer.concat(parts).toString();
}

/** What a client shows of a run: the text of each turn by its deltas, and the answer. */
export interface ShownRun {
  readonly texts: Readonly<Record<string, string>>;
  readonly outcome: unknown;
  readonly hasEnd: boolean;
}

/** Builds what a client shows. Fails if deltas and the whole response differ. */
export function showRun(messages: readonly StreamMessage[]): ShownRun {
  const texts: Record<string, string> = {};
  const parts = new Map<string, string>();
  let outcome: unknown;
  for (const { event, data } of messages) {
    if (event !== 'message') continue;
    const each: RunEvent = JSON.parse(data);
    const turn = 'turn' in each ? `${each.path} ${each.turn}` : '';
    if (each.type === 'text.delta') parts.set(turn, (parts.get(turn) ?? '') + each.delta);
    else if (each.type === 'attempt.discarded') parts.delete(turn);
    else if (each.type === 'model.responded') {
      const { content } = each.message ?? {};
      const text = typeof content === 'string' ? content : '';
      const written = parts.get(turn) ?? text;
      if (each.rejection === undefined && written !== text)
        throw new Error(`${turn}: the deltas are ${JSON.stringify(written)}, the text ${JSON.stringify(text)}`);
      texts[turn] = text;
      parts.delete(turn);
    } else if (each.type === 'run.finished' && each.path === '') outcome = each.outcome;
  }
  return { texts, outcome, hasEnd: messages.at(-1)?.event === 'end' };
}

export function findLastId(messages: readonly StreamMessage[]): string {
  return messages.findLast(({ id }) => id !== '')?.id ?? '';
}
