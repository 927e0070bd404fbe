import type { Answer, PendingCall } from '@pawl/core';
import { getCallName } from '@pawl/core/chat';
import type { CommandContext } from '../command-context.ts';
import { editText } from './edit-text.ts';
import { askLine } from './prompt.ts';
import { escapeControls, toSafeJson } from './strip-controls.ts';

type AskScope = Pick<CommandContext, 'io' | 'output' | 'interrupts'>;

/** Checks the arguments of a tool. Resolves what is wrong. */
export type CheckInput = (toolName: string, input: unknown) => Promise<string | undefined>;

const REASONS: Readonly<Record<PendingCall['reason'], string>> = {
  approval: 'needs approval. It has not run.',
  external_result: 'waits for a result from outside.',
  unknown_outcome: 'may have run: its outcome is unknown. Approving runs the tool AGAIN.',
  suspended: 'was suspended by its tool. Approving runs the tool again.',
};

/** Shows a pending call whole: what its fingerprint binds, and what the tool says about it. */
export function showCall(call: PendingCall, { output }: Pick<AskScope, 'output'>): void {
  const { preview, standingApproval: standing } = call;
  output.noteWhole(`? ${getCallName(call.call)} ${REASONS[call.reason]}`, 'bold');
  const lines = [
    `  call:       ${call.id}`,
    ...(preview === undefined ? [] : [`  preview:    ${formatValue(preview)}`]),
    `  arguments:  ${toSafeJson(call.input)}`,
    ...(standing === undefined
      ? []
      : [`  later ones: ${standing === true ? 'every call of the tool' : toSafeJson(standing)}`]),
    `  fingerprint: ${call.fingerprint}`,
  ];
  output.noteWhole(lines.join('\n'));
}

function formatValue(value: unknown): string {
  return typeof value === 'string' ? escapeControls(value.replaceAll('\n', '\n              ')) : toSafeJson(value);
}

/**
 * Shows a pending call and asks what to do. Resolves with `undefined` for later.
 *
 * @param check - checks edited arguments before they are sent
 */
export async function askAboutCall(
  call: PendingCall,
  asking: AskScope,
  check: CheckInput,
): Promise<Answer | undefined> {
  showCall(call, asking);
  const keys = listKeys(call);
  const question = `  ${keys.map(([key, meaning]) => `[${key}] ${meaning}`).join('  ')}: `;
  for (;;) {
    const line = await askLine(question, asking);
    if (line === undefined) return undefined;
    const key = line.trim().toLowerCase();
    if (!keys.some(([known]) => known === key)) {
      asking.output.note(`  ${JSON.stringify(key)} is none of ${keys.map(([known]) => known).join(', ')}.`);
      continue;
    }
    if (key === 'l') return undefined;
    const answer = await buildAnswer(key, { call, asking, check });
    if (answer !== undefined) return answer;
  }
}

function listKeys({ accepts }: PendingCall): readonly (readonly [key: string, meaning: string])[] {
  const has = (type: PendingCall['accepts'][number]): boolean => accepts.includes(type);
  return [
    ...(has('approve') ? [['y', 'approve'] as const] : []),
    ...(has('approve_always') ? [['a', 'approve later ones too'] as const] : []),
    ...(has('deny') ? [['n', 'deny'] as const] : []),
    ...(has('edit') ? [['e', 'edit'] as const] : []),
    ...(has('result') ? [['r', 'give the result'] as const] : []),
    ...(has('resume') ? [['v', 'give a value to the tool'] as const] : []),
    ['l', 'later'] as const,
  ];
}

interface AnswerScope {
  readonly call: PendingCall;
  readonly asking: AskScope;
  readonly check: CheckInput;
}

/** Resolves with `undefined` if what was given cannot be sent. */
async function buildAnswer(key: string, { call, asking, check }: AnswerScope): Promise<Answer | undefined> {
  const { fingerprint } = call;
  switch (key) {
    case 'y':
      return { type: 'approve', fingerprint };
    case 'a':
      return { type: 'approve', fingerprint, always: true };
    case 'n': {
      const reason = await askLine('  reason (the model reads it; may be empty): ', asking);
      return reason === undefined ? undefined : { type: 'deny', fingerprint, ...(reason !== '' && { reason }) };
    }
    case 'e':
      return buildEdit(call, asking, check);
    default: {
      const given = await askJson(undefined, asking);
      const type = key === 'r' ? 'result' : 'resume';
      return given === undefined ? undefined : { type, fingerprint, value: given.value };
    }
  }
}

/** Lets a person edit the arguments of a call. Resolves with `undefined` if the tool does not accept them. */
export async function buildEdit(call: PendingCall, asking: AskScope, check: CheckInput): Promise<Answer | undefined> {
  const edited = await askJson(call.input, asking);
  if (edited === undefined) return undefined;
  const issues = await check(getCallName(call.call), edited.value);
  if (issues === undefined) return { type: 'edit', fingerprint: call.fingerprint, arguments: edited.value };
  asking.output.note(`  The tool does not accept that:\n${issues}`, 'yellow');
  return undefined;
}

type Json = Extract<Answer, { type: 'result' }>['value'];

async function askJson(value: Json | undefined, asking: AskScope): Promise<{ readonly value: Json } | undefined> {
  const text = value === undefined ? '' : JSON.stringify(value, undefined, 2);
  const edited =
    (value === undefined ? undefined : await editText(text, asking.io)) ?? (await askLine('  JSON: ', asking));
  if (edited === undefined || edited.trim() === '') return undefined;
  try {
    return { value: JSON.parse(edited) };
  } catch (error) {
    asking.output.note(`  That is not JSON: ${error instanceof Error ? error.message : String(error)}`, 'yellow');
    return undefined;
  }
}
