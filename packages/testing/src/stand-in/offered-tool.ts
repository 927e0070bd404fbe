import type { ToolObject } from '@pawl/core';
import { type Field, fieldsOf } from './schema-shape.ts';
import { stemsOf } from './words.ts';

/** A tool of the request, as the stand-in looks at it. */
export interface OfferedTool {
  readonly name: string;
  readonly fields: readonly Field[];
  /** Stems of the tool's name, of its parameters' names and values, and of its description. */
  readonly nameWords: readonly string[];
  readonly fieldWords: readonly string[];
  readonly descriptionWords: readonly string[];
}

/** Reads the tools of a request; kinds that are no functions are passed over. */
export function offeredTools(tools: readonly ToolObject[]): readonly OfferedTool[] {
  return tools.flatMap((tool) => {
    if (tool.type !== 'function') return [];
    const { function: offered } = tool;
    const fields = fieldsOf(offered.parameters ?? {});
    return [
      {
        name: offered.name,
        fields,
        nameWords: stemsOf(offered.name),
        fieldWords: [...new Set(fields.flatMap(wordsOfField))],
        descriptionWords: stemsOf(offered.description ?? ''),
      },
    ];
  });
}

function wordsOfField({ words, shape }: Field): readonly string[] {
  switch (shape.type) {
    case 'choice':
      return [...words, ...shape.values.flatMap((value) => (typeof value === 'string' ? stemsOf(value) : []))];
    case 'record':
      return [...words, ...shape.fields.flatMap(wordsOfField)];
    case 'string':
    case 'number':
    case 'boolean':
    case 'list':
    case 'null':
      return words;
  }
}

/** The stems of all tools' names: words that say what is to be done, also where they are capitalised. */
export function topicsOf(tools: readonly OfferedTool[]): ReadonlySet<string> {
  return new Set(tools.flatMap(({ nameWords }) => nameWords));
}
