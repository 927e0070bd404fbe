import {
  ANYTHING,
  BEYOND,
  COPY,
  NARROWING,
  NO_ARGUMENTS,
  NO_CASE,
  NO_WORD,
  PARSED,
  type Reason,
  SECOND,
} from './reason.ts';

/** Of `chat/`, `openai/` and `model/`. */
export const WIRE_REASONS: readonly Reason[] = [
  {
    file: 'chat/call-text.ts',
    code: "const isBeyond = this.#extent === 'closed' || (this.#extent === 'before' && code !== OPENING_BRACE);",
    changes: [`'before' → ""`, "this.#extent === 'before' && code !== OPENING_BRACE → false"],
    reason: PARSED,
  },
  {
    file: 'chat/call-text.ts',
    code: "#extent: 'before' | 'inside' | 'closed' | 'beyond' = 'before';",
    reason: PARSED,
  },
  {
    file: 'chat/read-input.ts',
    code: "const written = body['arguments'] ?? body['input'] ?? '';",
    changes: [`'' → "Stryker was here!"`],
    reason: 'equal: any text will do',
  },
  {
    file: 'chat/call-text.ts',
    code: "else this.#extent = this.#depth === 0 ? 'closed' : 'inside';",
    changes: [`'inside' → ""`],
    reason: NO_WORD,
  },
  {
    file: 'chat/call-text.ts',
    code: 'return parsed.ok && isRecord(parsed.value);',
    reason: 'equal: a text that begins with a brace and can be parsed is an object, and one that cannot has no value',
  },
  {
    file: 'chat/custom-as-function.ts',
    code: 'function: { name, ...(description !== undefined && { description }), parameters },',
    reason: 'equal: JSON leaves out what is `undefined`',
  },
  {
    file: 'chat/history.ts',
    code: 'return new History({ messages: [], ids: undefined }, 0);',
    reason: COPY,
  },
  {
    file: 'chat/history.ts',
    code: 'const shared = this.#length === this.#shared.messages.length ? this.#shared : copied(this.messages);',
    reason: COPY,
  },
  {
    file: 'chat/history.ts',
    code: 'const mended = id === named.id ? named : { ...named, id };',
    changes: ['id === named.id → false'],
    reason: COPY,
  },
  {
    file: 'chat/history.ts',
    code: 'for (const id of given.keys()) if (!history.#shared.ids.has(id)) history.#shared.ids.set(id, -1);',
    changes: ['!history.#shared.ids.has(id) → true'],
    reason: 'equal: an id is taken wherever it stands before the end',
  },
  {
    file: 'chat/history.ts',
    code: 'return taken.has(name) || (since !== undefined && since < this.#length);',
    changes: ['since !== undefined → true'],
    reason: 'equal: `undefined` is less than no number',
  },
  {
    file: 'chat/history.ts',
    code: "if (message.role !== 'assistant' || message.tool_calls === undefined) return;",
    changes: ["message.role !== 'assistant' → false"],
    reason: NARROWING,
  },
  {
    file: 'chat/history.ts',
    code: 'for (const { id } of message.tool_calls) if (!shared.ids.has(id)) shared.ids.set(id, position);',
    changes: ['!shared.ids.has(id) → true'],
    reason: 'equal: the ids of a history are unique',
  },
  {
    file: 'chat/history.ts',
    code: "const inner = typeof parsed.value === 'string' ? parseJson(parsed.value) : undefined;",
    reason: NO_ARGUMENTS,
  },
  {
    file: 'chat/history.ts',
    code: "if (typeof parsed.value === 'string' && inner?.ok === true && isObject(inner.value, parsed.value)) {",
    reason: NO_ARGUMENTS,
  },
  {
    file: 'chat/history.ts',
    code: 'if (isObject(parsed.value, written)) return { text: written };',
    reason: 'equal: without a note the text is not read',
  },
  {
    file: 'chat/history.ts',
    code: 'for (let i = 0; i < messages.length; i++) {',
    changes: ['i < messages.length → i <= messages.length'],
    reason: BEYOND,
  },
  {
    file: 'chat/history.ts',
    code: 'if (message === undefined) continue;',
    reason: NARROWING,
  },
  {
    file: 'chat/history.ts',
    code: 'const result = at === -1 ? undefined : left.splice(at, 1)[0]?.message;',
    changes: ['left.splice(at, 1)[0]?.message → left.splice(at, 1)[0].message'],
    reason: NARROWING,
  },
  {
    file: 'chat/history.ts',
    code: 'const id = valid.tool_calls?.[index]?.id ?? call.id;',
    reason: NARROWING,
  },
  {
    file: 'chat/context-length.ts',
    code: '/\\blimit(s|ed)?\\b|\\bmax(imum)?\\b|\\bmax_\\w+|\\ballowed\\b|\\bcapacity\\b|\\bsupports?\\b|\\b(than|exceed) \\d+|\\bcontext (window|size|length)\\b|\\d+ tokens\\b/i;',
    reason: ANYTHING,
  },
  {
    file: 'chat/retry-wait.ts',
    code: 'const afterMs = duration === undefined ? undefined : durationMs(duration);',
    changes: ['duration === undefined → false'],
    reason: 'equal: `undefined` is no duration',
  },
  {
    file: 'chat/retry-wait.ts',
    code: 'const [, time] = AT_TIME.exec(text) ?? [];',
    reason: SECOND,
  },
  {
    file: 'chat/retry-wait.ts',
    code: "function unitMs(unit = ''): number {",
    reason: NARROWING,
  },
  {
    file: 'chat/server-error.ts',
    code: 'for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {',
    changes: ['level.length > 0 → level.length >= 0'],
    reason: 'equal: an empty level holds nothing',
  },
  {
    file: 'openai/http-error.ts',
    code: 'return [code, type].some((name) => name !== undefined && OUT_OF_CREDIT.has(name));',
    reason: NARROWING,
  },
  {
    file: 'openai/read-reply.ts',
    code: "const finished = this.#reader.finish('whole'); // Before anything is told: what is no response has no pieces.",
    reason: NO_WORD,
  },
  {
    file: 'openai/read-reply.ts',
    code: 'for (let at = from; at < deltas.length; at++) {',
    changes: ['at < deltas.length → at <= deltas.length'],
    reason: BEYOND,
  },
  {
    file: 'openai/read-reply.ts',
    code: "case 'nothing':",
    reason: NO_CASE,
  },
  {
    file: 'openai/retry-after.ts',
    code: 'const known = limits.flatMap(({ ms, left }) => (ms === undefined || ms === 0 ? [] : [{ ms, isSpent: left <= 0 }]));',
    changes: ['[] → ["Stryker was here"]'],
    reason: 'equal: what has neither field is filtered out in the next lines',
  },
];
