/** Returns the path of the nested run that a step belongs to: `tool:3.0` for `tool:3.0/model:1`, `''` for `model:3`. */
export function pathOf(name: string): string {
  return name.split('/').slice(0, -1).join('/');
}

/** Orders step names as a run reaches them. The recorded order of parallel steps is the one in which they ended. */
export function compareSteps(one: string, other: string): number {
  const [left, right] = [one.split('/'), other.split('/')];
  for (const [index, segment] of left.entries()) {
    const against = right[index];
    if (against === undefined) return 0;
    const order = compareSegments(segment, against);
    if (order !== 0) return order;
  }
  return 0;
}

/** The kinds of steps within one turn, in their order. */
const KINDS = [
  'start',
  'plan',
  'model',
  'output',
  'again',
  'check',
  'approve',
  'answer',
  'tool',
  'doubt',
  'over',
  'stuck',
  'last',
];

function compareSegments(one: string, other: string): number {
  const [left, right] = [positionOf(one), positionOf(other)];
  for (const [index, value] of left.entries()) {
    const difference = value - (right[index] ?? 0);
    if (difference !== 0 && !Number.isNaN(difference)) return difference;
  }
  return 0;
}

/** `tool:3.1:refund` is call 1 of turn 3. A name without a turn comes last. */
function positionOf(segment: string): readonly number[] {
  const [kind = '', position = ''] = segment.split(':');
  const [turn = '', index = '0'] = position.split('.');
  return [position === '' && kind !== 'start' ? Number.MAX_VALUE : Number(turn), KINDS.indexOf(kind), Number(index)];
}
