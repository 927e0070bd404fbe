import type { Json, JsonObject } from '@pawl/core';
import { admits, asValue } from './admit.ts';
import { passageOf } from './clauses.ts';
import type { Conversation } from './conversation.ts';
import { correctedObject } from './correction.ts';
import { nearness } from './evidence.ts';
import { placeholder } from './fill.ts';
import { isObject, readJson } from './json.ts';
import type { Mention } from './mention.ts';
import type { Plan } from './plan.ts';
import { resultMentions } from './result-mentions.ts';
import type { Field, Shape } from './schema-shape.ts';
import { spokenBoolean, spokenChoice } from './spoken-value.ts';
import { stemsOf } from './words.ts';

/** What an output is made of. */
interface Material {
  /** Arguments and results of the calls, one list a call. */
  readonly found: readonly (readonly Mention[])[];
  readonly results: readonly string[];
  readonly question: string;
  readonly asked: readonly Mention[];
  /** For texts like a summary. */
  readonly findings: string;
}

/**
 * An answer in the form of a schema, from the results and the question. A rejected one is corrected by its issues.
 *
 * What nothing is known about gets something of the right type, since the form is asked for and "unknown" is not in it.
 */
export function outputOf(
  shape: Shape,
  {
    plan,
    conversation,
    findings,
  }: { readonly plan: Plan; readonly conversation: Conversation; readonly findings: string },
): Json {
  const { rejected, question } = conversation;
  const last = rejected === undefined ? undefined : readJson(rejected.answer);
  const corrected = rejected !== undefined && isObject(last) ? correctedObject(last, rejected.issues) : undefined;
  if (corrected !== undefined) return corrected;
  const done = plan.pursuits.flatMap((pursuit) => (pursuit.type === 'done' ? [pursuit] : []));
  const found = done.map(({ result, tries }) => [
    ...resultMentions(JSON.stringify(tries.at(-1)?.arguments ?? {})),
    ...resultMentions(result),
  ]);
  const results = done.map(({ result }) => result);
  const asked = passageOf(question, new Set()).mentions;
  return valueFor(shape, { words: [], material: { found, results, question, asked, findings } }) ?? placeholder(shape);
}

interface Wanted {
  readonly words: readonly string[];
  readonly material: Material;
}

function valueFor(shape: Shape, { words, material }: Wanted): Json | undefined {
  const { question, findings } = material;
  const results = material.results.join('\n');
  switch (shape.type) {
    case 'record':
      return recordFor(shape.fields, material);
    case 'list':
      return listFor(shape, { words, material });
    case 'boolean':
      return spokenBoolean(words, results) ?? spokenBoolean(words, question);
    case 'choice':
      return spokenChoice(shape.values, results) ?? spokenChoice(shape.values, question);
    case 'null':
      return null;
    case 'string':
      if (shape.lane === 'text') return findings.slice(0, shape.limits.maxLength);
      return scalarFor(shape, { words, material });
    case 'number':
      return scalarFor(shape, { words, material });
  }
}

function recordFor(fields: readonly Field[], material: Material): JsonObject {
  const entries = fields.flatMap(
    ({ name, words, shape, isRequired, isNullable }): readonly (readonly [string, Json])[] => {
      const value = valueFor(shape, { words: words.length > 0 ? words : stemsOf(name), material });
      if (value !== undefined) return [[name, value]];
      if (!isRequired) return [];
      return [[name, isNullable ? null : placeholder(shape)]];
    },
  );
  return Object.fromEntries(entries);
}

/** A field of that name, then a word of that meaning beside it, in results before the question; then whatever fits. */
function scalarFor(shape: Shape, { words, material }: Wanted): Json | undefined {
  const fits = (mention: Mention): boolean => mention.kind !== 'word' && admits(shape, mention);
  const found = material.found.flat().filter(fits);
  const asked = material.asked.filter(fits);
  const isNamed = (mention: Mention): boolean => mention.label.some((word) => words.includes(word));
  const isNear = (mention: Mention): boolean => nearness(mention, words) !== undefined;
  const chosen =
    found.find(isNamed) ??
    found.find(isNear) ??
    asked.find(isNear) ??
    (shape.type === 'number' ? found[0] : asked[0]) ??
    found[0] ??
    asked[0];
  return chosen === undefined ? undefined : asValue(shape, chosen);
}

/** A list of objects has one for each call; any other list everything that goes by its name, or else that fits. */
function listFor({ of }: Extract<Shape, { type: 'list' }>, { words, material }: Wanted): Json | undefined {
  if (of.type === 'record') {
    return material.found.map((found, index) =>
      recordFor(of.fields, { ...material, found: [found], results: material.results.slice(index, index + 1) }),
    );
  }
  const fitting = [...material.found.flat(), ...material.asked].filter((mention) => admits(of, mention));
  const named = fitting.filter((mention) => mention.label.some((word) => words.includes(word)));
  const values = (named.length > 0 ? named : fitting).map((mention) => asValue(of, mention));
  return values.length === 0 ? undefined : [...new Set(values)];
}
