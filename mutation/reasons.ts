import { EFFECT, NARROWING, NO_CASE, type Reason, TIE } from './reason.ts';
import { SCHEMA_REASONS } from './reasons-schema.ts';
import { WIRE_REASONS } from './reasons-wire.ts';

/** Why mutants may survive. */
export const REASONS: readonly Reason[] = [
  ...SCHEMA_REASONS,
  ...WIRE_REASONS,
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
];
