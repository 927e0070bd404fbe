import { stem } from './words.ts';

/** Whether two stems are the same, or stand for the same thing in the stand-in's small thesaurus. */
export function isRelated(left: string, right: string): boolean {
  if (left === right) return true;
  const groups = GROUPS_OF.get(left);
  return groups !== undefined && (GROUPS_OF.get(right)?.some((group) => groups.includes(group)) ?? false);
}

/** Whether a text about `heard` speaks for the yes-or-no question `asked`: rain for an umbrella, sun not. */
export function isImplied(asked: string, heard: string): boolean {
  return asked === heard || IMPLIED.some((group) => group.has(asked) && group.has(heard));
}

const GROUPS: readonly string[] = [
  'weather forecast temperature rain rainy umbrella sun sunny snow wind climate degree cold warm hot',
  'temperature degree celsius fahrenheit high',
  'currency money exchange euro dollar euros dollars eur usd nok',
  'amount price cost total sum value',
  'add sum plus addition total',
  'multiply product multiplication',
  'subtract minus difference subtraction',
  'divide quotient division ratio',
  'calculate compute calculator calculation evaluate expression maths math',
  'file document path filename',
  'folder directory dir path',
  'read open content contents',
  'list show enumerate',
  'search find lookup query google',
  'email mail e-mail inbox',
  'send email mail message',
  'time clock hour timezone',
  'delete remove erase',
  'create make write save new',
  'refund reimburse',
  'pay payment transfer',
  'city town place location destination stop stay',
  'person people name who user recipient customer to',
  'translate translation language',
  'book reserve reservation booking',
  'day days date night nights',
  'url link page website site web address',
  'unit units mile miles kilometre kilometer kilometres km kg pound inch metre meter',
  'reason because cause why note comment',
];

const IMPLYING: readonly string[] = [
  'umbrella rain raining rainy wet shower showers drizzle raincoat thunderstorm',
  'sunny sun sunshine clear',
  'cold snow snowy freezing frost',
  'success successful succeeded done ok finished completed',
  'error failed failure broken',
];

const GROUPS_OF: ReadonlyMap<string, readonly number[]> = indexed(GROUPS);

const IMPLIED: readonly ReadonlySet<string>[] = IMPLYING.map((group) => new Set(group.split(' ').map(stem)));

function indexed(groups: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const index = new Map<string, number[]>();
  for (const [number, group] of groups.entries()) {
    for (const word of new Set(group.split(' ').map(stem))) index.set(word, [...(index.get(word) ?? []), number]);
  }
  return index;
}
