import type { Json } from '@pawl/core';
import { admits, asValue } from './admit.ts';
import { type Evidence, nearness, refersToAll } from './evidence.ts';
import { foundValues, referredNumber } from './found-value.ts';
import { type Mention, runsOf } from './mention.ts';
import { bestRun, byRole, hasRoles } from './roles.ts';
import type { Slot } from './slot.ts';
import { namedText, remainder, spokenBoolean, spokenChoice } from './spoken-value.ts';
import { stemsOf } from './words.ts';

/** The arguments of a call while they are being found: each mention is used once. */
export class Draft {
  readonly #evidence: Evidence;
  readonly #values = new Map<Slot, readonly Json[]>();
  readonly #taken = new Set<Mention>();

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
  }

  /** The values of a slot, one a call; `undefined` where nothing was found. */
  valuesOf(slot: Slot): readonly Json[] | undefined {
    return this.#values.get(slot);
  }

  /** Gives slots what stands next to their names: "10 days", "order 42", also "orders 42 and 43". */
  label(slots: readonly Slot[]): void {
    const { text, mentions } = this.#evidence.clause;
    const pairs = slots.flatMap((slot) =>
      mentions.flatMap((mention) => {
        const distance = admits(slot.shape, mention) ? labelDistance(slot, mention) : undefined;
        return distance === undefined ? [] : [{ slot, mention, distance }];
      }),
    );
    pairs.sort((left, right) => left.distance - right.distance);
    for (const { slot, mention, distance } of pairs) {
      if (this.#values.has(slot) || this.#taken.has(mention)) continue;
      const fitting = mentions.filter((each) => admits(slot.shape, each));
      const run = runsOf(text, fitting).find((list) => list.includes(mention)) ?? [mention];
      const alike = pairs.filter((pair) => pair.slot === slot && pair.distance === distance);
      const meant = [...run.slice(run.indexOf(mention)), ...alike.map((pair) => pair.mention)];
      const isFree = (each: Mention): boolean =>
        !this.#taken.has(each) &&
        (each === mention || !pairs.some((pair) => pair.mention === each && pair.slot !== slot));
      this.#take(
        slot,
        mentions.filter((each) => meant.includes(each) && isFree(each)),
      );
    }
  }

  /** Fills required slots that take the same kind of thing, in their order. */
  place(slots: readonly Slot[]): void {
    const open = slots.filter((slot) => !this.#values.has(slot));
    const [first] = open;
    if (first === undefined) return;
    switch (first.shape.type) {
      case 'choice':
      case 'boolean':
        for (const slot of open) this.#set(slot, [spoken(slot, this.#evidence) ?? fallbackOf(slot)]);
        return;
      case 'number':
      case 'string':
        this.#placeOwn(open);
        for (const slot of open) if (!this.#values.has(slot)) this.#placeOther(slot);
        return;
      case 'list':
      case 'null':
        return;
    }
  }

  /** Fills an optional slot, if the clause has something for it. */
  offer(slot: Slot): void {
    if (this.#values.has(slot)) return;
    const { shape } = slot;
    if (shape.type === 'list') this.list(slot, undefined);
    const told = spoken(slot, this.#evidence) ?? this.#namedText(slot);
    if (told !== undefined && told !== slot.defaultValue) this.#set(slot, [told]);
    if (told !== undefined || shape.type !== 'string' || !TELLING.has(shape.lane)) return;
    const [mention] = this.#free(slot);
    if (mention?.kind === shape.lane) this.#take(slot, [mention]);
  }

  /** Gives a list everything that fits its elements. `rows` are elements that are objects. */
  list(slot: Slot, rows: readonly Json[] | undefined): void {
    if (rows !== undefined) this.#set(slot, [rows]);
    if (slot.shape.type !== 'list') return;
    const { of } = slot.shape;
    switch (of.type) {
      case 'choice': {
        const named = of.values.filter((value) => spokenChoice([value], this.#evidence.clause.text) !== undefined);
        if (named.length > 0) this.#set(slot, [named]);
        return;
      }
      case 'string':
      case 'number': {
        const mentions = this.#elements({ ...slot, shape: of });
        for (const mention of mentions) this.#taken.add(mention);
        if (mentions.length > 0) this.#set(slot, [mentions.map((mention) => asValue(of, mention))]);
        return;
      }
      case 'boolean':
      case 'list':
      case 'record':
      case 'null':
        return;
    }
  }

  /** What goes by the list's name; if the list is required, otherwise everything of that kind. */
  #elements(element: Slot): readonly Mention[] {
    const own = this.#free(element);
    const named = runsOf(this.#evidence.clause.text, own).find(
      ([first]) => first !== undefined && nearness(first, element.words) === 0,
    );
    if (named !== undefined || !element.isRequired) return named ?? [];
    return own.length > 0 ? own : foundValues(element, this.#evidence);
  }

  #placeOwn(slots: readonly Slot[]): void {
    const [first] = slots;
    if (first === undefined) return;
    const own = this.#withReferences(slots);
    const { text } = this.#evidence.clause;
    if (slots.length === 1) {
      this.#take(first, bestRun(text, own));
      return;
    }
    if (hasRoles(slots)) {
      for (const [slot, mentions] of byRole(slots, { mentions: own, text })) this.#take(slot, mentions);
      return;
    }
    // Twice as many things as slots are two calls: "add 2 and 3, 4 and 5".
    const calls = own.length % slots.length === 0 ? own.length / slots.length : 1;
    for (const [index, slot] of slots.entries()) {
      this.#take(slot, own.filter((_, at) => at % slots.length === index).slice(0, calls));
    }
  }

  /** The clause's own mentions for these slots; if there are too few numbers, "it" and "the sum" count as well. */
  #withReferences(slots: readonly Slot[]): readonly Mention[] {
    const [first] = slots;
    if (first === undefined) return [];
    const own = this.#free(first);
    if (first.shape.type !== 'number' || own.length >= slots.length) return own;
    const { mentions } = this.#evidence.clause;
    return mentions.flatMap((mention) => {
      if (mention.kind !== 'reference') return own.includes(mention) ? [mention] : [];
      const meant = referredNumber(mention, this.#evidence);
      return meant === undefined ? [] : [meant];
    });
  }

  #free(slot: Slot): readonly Mention[] {
    const choices = this.#evidence.clause.mentions.filter(
      (mention) => !this.#taken.has(mention) && admits(slot.shape, mention),
    );
    const strong = choices.filter(
      ({ kind }) => kind !== 'word' && !(kind === 'number' && slot.shape.type === 'string'),
    );
    return strong.length > 0 ? strong : choices;
  }

  /** From the rest of the question, from results, or from the words of the clause themselves. */
  #placeOther(slot: Slot): void {
    const { clause, topics } = this.#evidence;
    const lane = slot.shape.type === 'string' ? slot.shape.lane : undefined;
    const text = lane === 'text' ? (this.#namedText(slot) ?? remainder(clause, topics)) : undefined;
    const mentions = text === undefined ? this.#otherMentions(slot) : [];
    this.#take(slot, mentions);
    if (mentions.length > 0) return;
    const isLoose = lane === 'any' && !refersToAll(clause, slot.words);
    const loose = isLoose ? (this.#namedText(slot) ?? shortRemainder(this.#evidence)) : undefined;
    this.#set(slot, [text ?? loose ?? fallbackOf(slot)]);
  }

  #otherMentions(slot: Slot): readonly Mention[] {
    const { clause, around } = this.#evidence;
    const { shape } = slot;
    const isFree = (mention: Mention): boolean => !this.#taken.has(mention) && admits(shape, mention);
    const near = refersToAll(clause, slot.words) ? [] : around.filter((each) => each.kind !== 'word' && isFree(each));
    const meant = shape.type === 'number' ? near.filter((mention) => labelDistance(slot, mention) === 0) : near;
    if (meant.length > 0) return bestRun('', meant);
    const found = foundValues(slot, this.#evidence).filter(isFree);
    return shape.type === 'number' ? found.slice(0, 1) : found;
  }

  #namedText(slot: Slot): string | undefined {
    return slot.shape.type === 'string' ? namedText(slot, this.#evidence.clause) : undefined;
  }

  #take(slot: Slot, mentions: readonly Mention[]): void {
    if (mentions.length === 0) return;
    for (const mention of mentions) this.#taken.add(mention);
    this.#set(
      slot,
      mentions.map((mention) => asValue(slot.shape, mention)),
    );
  }

  #set(slot: Slot, values: readonly (Json | undefined)[]): void {
    const known = values.filter((value) => value !== undefined);
    if (known.length > 0) this.#values.set(slot, known);
  }
}

/** Kinds that can hardly mean anything but an optional argument that takes them. */
const TELLING: ReadonlySet<string> = new Set(['file', 'url', 'email', 'date']);

function labelDistance({ words, shape }: Slot, mention: Mention): number | undefined {
  if (shape.type === 'number') return nearness(mention, words);
  if (shape.type !== 'string' || shape.lane === 'text') return undefined;
  const distance = nearness({ ...mention, after: [], before: mention.before.slice(0, 2) }, words);
  return mention.kind === 'word' ? undefined : distance;
}

function spoken({ shape, words }: Slot, { clause, question }: Evidence): Json | undefined {
  if (shape.type === 'choice') return spokenChoice(shape.values, clause.text) ?? spokenChoice(shape.values, question);
  return shape.type === 'boolean' ? spokenBoolean(words, clause.text) : undefined;
}

/** What a required argument gets where nothing is said: never a number that was made up, unless its range is narrow. */
function fallbackOf({ shape, isNullable }: Slot): Json | undefined {
  switch (shape.type) {
    case 'choice':
      return shape.values[0];
    case 'boolean':
      return false;
    case 'number':
      if (shape.minimum !== undefined && shape.maximum !== undefined) return shape.minimum;
      return isNullable ? null : undefined;
    case 'string':
    case 'list':
      return isNullable ? null : undefined;
    case 'null':
      return null;
  }
}

/** A few words may be a value; a long sentence, or the bare wish, is none. */
function shortRemainder({ clause, topics }: Evidence): string | undefined {
  const text = remainder(clause, topics);
  return text !== undefined && text.split(/\s+/).length <= 6 && stemsOf(text).length > 0 ? text : undefined;
}
