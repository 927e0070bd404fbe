// Plugins of Stryker: what is not mutated, and which mutants are tried.
import { createHash } from 'node:crypto';

export const strykerPlugins: readonly unknown[] = [
  { kind: 'Ignore', name: 'texts', value: { shouldIgnore: shouldIgnoreText } },
  { kind: 'Checker', name: 'sample', value: { init: async () => undefined, group, check } },
];

interface NodePath {
  readonly node: {
    readonly type: string;
    readonly value?: unknown;
    readonly quasis?: readonly { readonly value: { readonly raw: string } }[];
  };
}

/** Texts for people are not mutated: where the words of an error matter, a test has them. */
function shouldIgnoreText({ node }: NodePath): string | undefined {
  const text =
    node.type === 'StringLiteral'
      ? String(node.value)
      : node.type === 'TemplateLiteral'
        ? (node.quasis ?? []).map(({ value }) => value.raw).join('…')
        : '';
  return /\S\s|\s\S/.test(text) ? 'a text for people' : undefined;
}

interface FoundMutant {
  readonly id: string;
  readonly fileName: string;
  readonly mutatorName: string;
  readonly replacement: string;
  readonly location: unknown;
}

type CheckResult = { readonly status: 'passed' } | { readonly status: 'compileError'; readonly reason: string };

async function group(mutants: readonly FoundMutant[]): Promise<readonly (readonly string[])[]> {
  return [mutants.map(({ id }) => id)];
}

/** Takes out what is not in the sample: Stryker leaves out of every count what does not compile. */
async function check(mutants: readonly FoundMutant[]): Promise<Readonly<Record<string, CheckResult>>> {
  const { percent, seed }: { readonly percent: number; readonly seed: number } = JSON.parse(
    process.env['MUTATION_SAMPLE'] ?? '{"percent":100,"seed":1}',
  );
  return Object.fromEntries(
    mutants.map((mutant): [string, CheckResult] => {
      const isChosen = computeChance(mutant, seed) * 100 < percent;
      return [mutant.id, isChosen ? { status: 'passed' } : { status: 'compileError', reason: 'not in the sample' }];
    }),
  );
}

/** Between 0 and 1, the same each time. */
function computeChance({ fileName, mutatorName, replacement, location }: FoundMutant, seed: number): number {
  const file = fileName.slice(fileName.lastIndexOf('/packages/'));
  const key = JSON.stringify([seed, file, mutatorName, replacement, location]);
  return createHash('sha256').update(key).digest().readUInt32BE(0) / 2 ** 32;
}
