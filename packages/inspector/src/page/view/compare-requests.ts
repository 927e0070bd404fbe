import type { Json } from '@pawl/core/chat';

/** How a request differs from the one before it. */
export interface RequestDiff {
  /** How many messages both begin with. */
  readonly sameStart: number;
  /** How many messages both end with, behind what changed. */
  readonly sameEnd: number;
  /** The messages that only the previous request has. */
  readonly removed: readonly Json[];
  /** The messages that only this request has. */
  readonly added: readonly Json[];
  /** The other fields that changed, by name. `tools` are compared one by one: `tools.pay`. */
  readonly fields: readonly FieldChange[];
  /** What broke the prefix that a server may have cached; `undefined` if this request begins with all of the previous one. */
  readonly brokenBy: string | undefined;
}

export interface FieldChange {
  readonly name: string;
  /** Absent if only the other request has it. */
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

type Body = Readonly<Record<string, Json | undefined>>;

/** Parses the body of a request; `undefined` if it is no JSON object. */
export function parseBody(text: string): Body | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Body) : undefined;
  } catch {
    return undefined;
  }
}

/** Lists the messages of a request: `messages` of Chat Completions, or `input` of Responses. */
export function listMessages(body: Body): readonly Json[] {
  const messages = body['messages'] ?? body['input'];
  return Array.isArray(messages) ? (messages as readonly Json[]) : [];
}

/** Compares two requests by their messages, not by their lines. */
export function compareRequests(previous: Body, current: Body): RequestDiff {
  const [before, after] = [listMessages(previous), listMessages(current)];
  const [beforeTexts, afterTexts] = [before, after].map((list) => list.map((message) => JSON.stringify(message)));
  const { sameStart, sameEnd } = findCommon(beforeTexts ?? [], afterTexts ?? []);
  const fields = compareFields(previous, current);
  return {
    sameStart,
    sameEnd,
    removed: before.slice(sameStart, before.length - sameEnd),
    added: after.slice(sameStart, after.length - sameEnd),
    fields,
    brokenBy: findBreak(fields, { sameStart, count: before.length }),
  };
}

function findCommon(before: readonly string[], after: readonly string[]): Pick<RequestDiff, 'sameStart' | 'sameEnd'> {
  const shorter = Math.min(before.length, after.length);
  let sameStart = 0;
  while (sameStart < shorter && before[sameStart] === after[sameStart]) sameStart++;
  let sameEnd = 0;
  while (sameEnd < shorter - sameStart && before.at(-1 - sameEnd) === after.at(-1 - sameEnd)) sameEnd++;
  return { sameStart, sameEnd };
}

function compareFields(previous: Body, current: Body): readonly FieldChange[] {
  const names = new Set([...Object.keys(previous), ...Object.keys(current)]);
  return [...names].flatMap((name) => {
    const [before, after] = [previous[name], current[name]];
    if (name === 'messages' || name === 'input' || JSON.stringify(before) === JSON.stringify(after)) return [];
    return name === 'tools' ? compareTools(before, after) : [{ name, before, after }];
  });
}

function compareTools(before: Json | undefined, after: Json | undefined): readonly FieldChange[] {
  const [old, now] = [indexTools(before), indexTools(after)];
  const changes = [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => {
    const [one, other] = [old.get(name), now.get(name)];
    return JSON.stringify(one) === JSON.stringify(other) ? [] : [{ name: `tools.${name}`, before: one, after: other }];
  });
  // The same tools in another order are another prefix, too.
  return changes.length > 0 ? changes : [{ name: 'tools (order)', before: [...old.keys()], after: [...now.keys()] }];
}

interface ToolLike {
  readonly name?: string;
  readonly function?: { readonly name?: string };
  readonly custom?: { readonly name?: string };
}

function indexTools(tools: Json | undefined): ReadonlyMap<string, Json> {
  const list = Array.isArray(tools) ? (tools as readonly Json[]) : [];
  return new Map(
    list.map((tool, index) => {
      const { name, function: called, custom } = (tool ?? {}) as ToolLike;
      return [called?.name ?? custom?.name ?? name ?? String(index), tool];
    }),
  );
}

/** Servers cache the beginning of the prompt: the model, the tools, the format of the answer, then the messages. */
const IN_PREFIX = /^(model|tools\b.*|functions|response_format|instructions|reasoning_effort)$/;

function findBreak(
  fields: readonly FieldChange[],
  { sameStart, count }: { readonly sameStart: number; readonly count: number },
): string | undefined {
  const field = fields.find(({ name }) => IN_PREFIX.test(name));
  if (field !== undefined) return field.name;
  return sameStart < count ? `message ${sameStart + 1}` : undefined;
}
