import type { TwoCopiesCase } from './copies.ts';
import { hostCases } from './host-cases.ts';
import { modelCases } from './model-cases.ts';
import { toolCases } from './tool-cases.ts';

/** Run by test/package/two-copies.test.ts on the sources, and by scripts/try-installs.ts on two packed versions. */
export const twoCopiesCases: readonly TwoCopiesCase[] = [...toolCases, ...modelCases, ...hostCases];
