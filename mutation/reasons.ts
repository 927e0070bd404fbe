/** Why a mutant may survive. */
export interface Reason {
  /** The end of the path: `loop/decide.ts`. */
  readonly file: string;
  /** The source line on which the mutant begins. */
  readonly code: string;
  /** `original → replacement` of the mutants that are meant; all of the line if left out. */
  readonly changes?: readonly string[];
  readonly reason: string;
}

const TIE = 'equal: which of two limits that are reached at the same token is named';
const NARROWING = 'equal: the condition narrows a type, and holds whenever the code runs';
const EFFECT = 'equal: hosts treat every effect but `once` alike, and this step only records what is known';
const COPY = 'equal: costs a copy that nobody can tell from the original';
const PARSED = 'equal: what is closed is parsed before it counts as whole';
const NO_ARGUMENTS = 'equal: what is parsed has to be an object in any case';

const NO_WORD = 'equal: every other word means the same here';
const NO_CASE = 'equal: a switch without this case ends with `undefined` as well';
const BEYOND = 'equal: what is beyond the end is left out';
const SHORTCUT = 'equal: a shortcut, which gives what the longer way gives';
const SECOND = 'equal: only the second entry is read';
const ANYTHING = 'equal: the pattern may end anywhere, so that what repeats at its end need not';

export const REASONS: readonly Reason[] = [
  {
    file: 'limits/budget.ts',
    code: "if (room < 1 && byCost < byTokens) return this.#refused('cost', this.#spent.cost);",
    changes: ['byCost < byTokens → byCost <= byTokens'],
    reason: TIE,
  },
  {
    file: 'limits/budget.ts',
    code: "clampedBy: isClamped ? (byTokens <= byCost ? ('tokens' as const) : ('cost' as const)) : undefined,",
    changes: ['byTokens <= byCost → byTokens < byCost'],
    reason: TIE,
  },
  {
    file: 'limits/budget.ts',
    code: 'if (around !== undefined && this.#around !== undefined) this.#around.#putBack(around);',
    reason: NARROWING,
  },
  {
    file: 'limits/estimate.ts',
    code: "const calls = message.role === 'assistant' ? (message.tool_calls ?? []) : [];",
    reason: NARROWING,
  },
  {
    file: 'limits/limits.ts',
    code: "override readonly name = 'DurationReached';",
    reason: 'not observable: this error stays inside the loop, and nothing reads its name',
  },
  {
    file: 'perform/pending-calls.ts',
    code: 'if (waiting === undefined) continue;',
    reason: NARROWING,
  },
  {
    file: 'perform/pending-calls.ts',
    code: "return path !== '' && waited.type === 'answered' && waited.value.type === 'interrupt';",
    changes: ["waited.type === 'answered' → true"],
    reason: 'equal: a wait that expired has no value, and this wait has no deadline',
  },
  {
    file: 'perform/pending-calls.ts',
    code: "return { id: '', reason: 'suspended', accepts: [], call, input: null, fingerprint: '' };",
    reason: 'not observable: nobody can answer this wait, so that nothing reads these fields',
  },
  {
    file: 'perform/pending-calls.ts',
    code: "const first = factStep<Fact>(scope, { name: answerStep({ turn, ...state }), effect: 'read', work: async () => fact });",
    changes: [`'read' → ""`],
    reason: EFFECT,
  },
  {
    file: 'perform/pending-calls.ts',
    code: "const second = factStep<Fact>(scope, { name, effect: 'read', work: async () => closed });",
    changes: [`'read' → ""`],
    reason: EFFECT,
  },
  {
    file: 'perform/pending-calls.ts',
    code: "return factStep<Fact>(scope, { name: checkStep({ turn, index, repeats }), effect: 'read', work });",
    changes: [`'read' → ""`],
    reason: EFFECT,
  },
  {
    file: 'perform/pending-calls.ts',
    code: "case 'approve':",
    reason: NO_CASE,
  },
  {
    file: 'perform/pending-calls.ts',
    code: "case 'edit':",
    reason: NO_CASE,
  },
  {
    file: 'perform/pending-calls.ts',
    code: 'const asked = definitionHash === undefined ? shown : { ...shown, definitionHash };',
    reason: 'equal: a call whose tool is there has the hash of its definition',
  },
  {
    file: 'perform/pending-calls.ts',
    code: 'await waitForAnswer(asked, { name, scope, ahead: true });',
    changes: ['true → false'],
    reason: 'noticed by DBOS alone, whose waits block; its tests are not among those of the room',
  },
  {
    file: 'perform/pending-calls.ts',
    code: "if (repeats > 0) return makePending(tool, { reason: state.pending?.reason ?? 'approval', ...call });",
    changes: ['state.pending?.reason → state.pending.reason', `'approval' → ""`],
    reason: 'equal: a call that is asked about again was pending before',
  },
  {
    file: 'loop/calls.ts',
    code: "if (fact.type !== 'tool.skipped' || fact.reason !== 'limit') return undefined;",
    changes: ["fact.type !== 'tool.skipped' → false"],
    reason: NARROWING,
  },
  {
    file: 'loop/calls.ts',
    code: "return fact.type === 'tool.finished' && fact.handsTo !== undefined;",
    changes: ["fact.type === 'tool.finished' → true"],
    reason: NARROWING,
  },
  {
    file: 'loop/calls.ts',
    code: "if (before.size === 0 && !closed.some(({ type }) => type === 'tool.failed')) return before;",
    changes: ["type === 'tool.failed' → true"],
    reason: 'equal: saves a map that would be empty',
  },
  {
    file: 'loop/decide-calls.ts',
    code: "const text = state.word?.text ?? '';",
    changes: ['state.word?.text → state.word.text'],
    reason: 'equal: a turn with calls has a response',
  },
  {
    file: 'loop/decide-calls.ts',
    code: 'pending: pending.flatMap(({ pending, inner }) => inner ?? (pending === undefined ? [] : [pending])),',
    changes: ['pending === undefined → false'],
    reason: NARROWING,
  },
  {
    file: 'loop/decide-calls.ts',
    code: "if (status !== 'approved' || pending === undefined) return false;",
    changes: ['pending === undefined → false'],
    reason: NARROWING,
  },
  {
    file: 'loop/decide.ts',
    code: "const limit = clampedBy ?? 'tokens';",
    reason: NARROWING,
  },
  {
    file: 'loop/decide.ts',
    code: "const { limit, max, spent } = last ?? { limit: 'turns', max: 0, spent: 0 };",
    reason: NARROWING,
  },
  {
    file: 'loop/judge.ts',
    code: "return content.map((part) => (part.type === 'refusal' ? part.refusal : '')).join('');",
    changes: ["part.type === 'refusal' → true"],
    reason: 'equal: a list is joined without what is `undefined`',
  },
  {
    file: 'loop/stop.ts',
    code: "const text = said === undefined ? '' : textOf(said);",
    changes: [`'' → "Stryker was here!"`],
    reason: 'equal: a turn with calls has a response',
  },
  {
    file: 'loop/transcript.ts',
    code: "const waits = inner === undefined ? PENDING[pending?.reason ?? 'approval'] : BEGUN;",
    changes: [`'approval' → ""`],
    reason: NARROWING,
  },
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
    file: 'host/fork.ts',
    code: "/^(?:answer|approve|doubt|within):(\\d+\\.\\d+)/.exec(name.slice(path === '' ? 0 : path.length + 1)) ?? [];",
    changes: [
      '/^(?:answer|approve|doubt|within):(\\d+\\.\\d+)/ → /(?:answer|approve|doubt|within):(\\d+\\.\\d+)/',
      '[] → ["Stryker was here"]',
    ],
    reason: 'equal: no other name has a colon behind these words, and no second one is read of the list',
  },
  {
    file: 'perform/pending-calls.ts',
    code: 'scope.tell.fact(end, { replayed: false });',
    changes: ['{ replayed: false } → {}'],
    reason: 'equal: left out is false',
  },
  {
    file: 'perform/pending-calls.ts',
    code: "const read = pending.reason === 'reply' && tool?.readReply ? tool.readReply(value, pending.input) : value;",
    changes: ["pending.reason === 'reply' → true"],
    reason: 'equal: only a tool that is answered from outside has a reader',
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
  {
    file: 'schema/definitions.ts',
    code: `if (isRecord(definition)) this.#named.set(\`#/\${keyword}/\${name}\`, definition);`,
    changes: ['isRecord(definition) → true'],
    reason: 'equal: what is found has to be an object in any case',
  },
  {
    file: 'schema/json-texts.ts',
    code: 'if (!holdsJsonText(value)) return { value, paths: [] };',
    changes: ['!holdsJsonText(value) → false'],
    reason: SHORTCUT,
  },
  {
    file: 'schema/merge.ts',
    code: 'return one === other || canonicalJson(one) === canonicalJson(other);',
    changes: ['one === other → false'],
    reason: SHORTCUT,
  },
  {
    file: 'schema/normalize.ts',
    code: 'if (!Array.isArray(items)) return { ...upgrade, ...(items !== undefined && { items }) };',
    changes: ['items !== undefined → true'],
    reason: 'equal: the last step drops what is `undefined`',
  },
  {
    file: 'schema/null-branches.ts',
    code: 'return all.flatMap((one) => all.filter((other) => other !== one).map((other) => [one, other] as const));',
    changes: ['other !== one → true'],
    reason: 'equal: a branch names each property of its own',
  },
  {
    file: 'schema/strict.ts',
    code: 'const [single, ...more] = Array.isArray(allOf) ? allOf : [];',
    changes: ['[] → ["Stryker was here"]'],
    reason: 'equal: a part that is no object is refused as well',
  },
];
