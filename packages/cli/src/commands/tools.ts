import type { Answer, ChatModel, PendingCall, Tool } from '@pawl/core';
import { getStrictForm } from '@pawl/core/model';
import type { CommandContext } from '../command-context.ts';
import { createUsageError } from '../errors.ts';
import { getExitCode, getOutcomeCode } from '../exit-code.ts';
import { type LoadedAgent, loadAgent, readAgentOptions } from '../load-agent.ts';
import { parseJson } from '../parse-json.ts';
import { askAboutCall } from '../terminal/ask-about-call.ts';
import { formatLine } from '../terminal/format-line.ts';
import { canAsk } from '../terminal/prompt.ts';
import { formatReason } from '../terminal/run-printer.ts';
import { stripControls } from '../terminal/strip-controls.ts';
import { writeTable } from '../terminal/table.ts';

/** `pawl tools AGENT [NAME --input JSON]` */
export async function executeTools(context: CommandContext): Promise<number> {
  const { args, io } = context;
  const loaded = await loadAgent(args.getPositional(0), io.cwd);
  const options = readAgentOptions(loaded.agent);
  if (options === undefined) throw createUsageError(`"${loaded.agent.name}" is a flow, which has no tools of its own.`);
  const tools = options.tools ?? [];
  const name = args.positionals[1];
  if (name === undefined) return listTools(context, tools);
  const chosen = tools.find((tool) => tool.name === name);
  if (chosen === undefined) {
    throw createUsageError(
      `"${loaded.agent.name}" has no tool ${JSON.stringify(name)}. It has: ${tools.map((tool) => tool.name).join(', ') || 'none'}.`,
    );
  }
  if (args.getText('input') === undefined) return listTools(context, [chosen]);
  return runTool(context, { loaded, tool: chosen });
}

async function listTools({ args, output }: CommandContext, tools: readonly Tool<unknown>[]): Promise<number> {
  if (args.hasFlag('json')) {
    for (const tool of tools) await output.writeJson(describeTool(tool));
    return 0;
  }
  await writeTable(output, {
    rows: tools,
    columns: [
      { title: 'TOOL', read: ({ name }) => name },
      { title: 'EFFECT', read: ({ effect }) => effect },
      {
        title: 'APPROVAL',
        read: ({ needsApproval }) =>
          typeof needsApproval === 'function' ? 'some calls' : needsApproval ? 'yes' : 'no',
      },
      { title: 'STRICT', read: ({ jsonSchema }) => (getStrictForm(jsonSchema) === undefined ? 'no' : 'yes') },
      { title: 'DESCRIPTION', read: ({ description = '' }) => description },
    ],
  });
  if (tools.length !== 1) return 0;
  for (const tool of tools) {
    const strict = getStrictForm(tool.jsonSchema);
    await output.writeLine(`\nschema\n${JSON.stringify(tool.jsonSchema, undefined, 2)}`);
    await output.writeLine(`\nstrict form\n${strict === undefined ? 'none' : JSON.stringify(strict, undefined, 2)}`);
    for (const reason of tool.strictReport) await output.writeLine(JSON.stringify(reason));
  }
  return 0;
}

function describeTool({ name, description, effect, needsApproval, jsonSchema, strictReport }: Tool<unknown>): object {
  return {
    type: 'tool',
    name,
    description: description ?? '',
    effect,
    needsApproval: typeof needsApproval === 'function' ? 'some' : needsApproval,
    schema: jsonSchema,
    strictSchema: getStrictForm(jsonSchema) ?? null,
    strictReport,
  };
}

/** Runs the tool as an agent would: with validation, approval, deadline and the context of the file. */
async function runTool(
  context: CommandContext,
  { loaded, tool }: { readonly loaded: LoadedAgent; readonly tool: Tool<unknown> },
): Promise<number> {
  const { args, output } = context;
  const input = parseJson(args.getText('input'), '--input');
  const { memoryHost, stopOnTool } = await import('@pawl/core');
  const host = memoryHost();
  // `undefined` removes an option.
  const alone = loaded.agent.with?.(() => ({
    model: createCaller(tool.name, JSON.stringify(input)),
    tools: [tool],
    handoffs: [],
    middleware: [],
    output: undefined,
    validate: undefined,
    toolChoice: undefined,
    instructions: undefined,
    stopWhen: stopOnTool(tool.name),
    limits: { turns: 3 },
  }));
  if (alone === undefined) throw createUsageError(`"${loaded.agent.name}" is a flow, which has no tools of its own.`);
  const contextual =
    loaded.createContext === undefined
      ? {}
      : { context: await loaded.createContext({ principal: { id: 'local', isOperator: true } }) };
  try {
    for (let run = alone.run('', { ...contextual, host }); ; run = alone.resume(run.runId, { ...contextual, host })) {
      let result: { readonly isError: boolean; readonly content: string } | undefined;
      for await (const event of run) {
        if (event.replayed === true) continue;
        if (event.type === 'tool.finished') result = { isError: false, content: event.content };
        else if (event.type === 'tool.failed' || event.type === 'tool.skipped')
          result = { isError: true, content: event.content };
        else if (event.type === 'tool.progress')
          output.note(formatLine(event) ?? `   … ${JSON.stringify(event.progress)}`, 'dim');
      }
      const outcome = await run.outcome();
      if (result !== undefined) {
        if (args.hasFlag('json'))
          await output.writeJson({
            type: 'tool_result',
            tool: tool.name,
            isError: result.isError,
            content: result.content,
          });
        else await output.write(`${stripControls(result.content)}\n`);
        return getExitCode(result.isError ? 'failed' : 'completed');
      }
      if (outcome.status !== 'suspended') {
        output.note(formatReason(outcome), 'red');
        return getOutcomeCode(outcome);
      }
      const [call] = outcome.pending;
      const answer = call === undefined ? undefined : await askFirst(call, context);
      if (call === undefined || answer === undefined) {
        output.noteWhole(
          `The call of ${tool.name} waits (${call?.reason ?? 'suspended'}), and nobody has answered. It did not run.`,
        );
        return getOutcomeCode(outcome);
      }
      await host.answer(run.runId, call.id, answer);
    }
  } finally {
    await host.close({ graceMs: 0 });
  }
}

async function askFirst(call: PendingCall, context: CommandContext): Promise<Answer | undefined> {
  return canAsk(context.io) ? askAboutCall(call, context, async () => undefined) : undefined;
}

/** A model that calls one tool. */
function createCaller(name: string, given: string): ChatModel {
  return {
    name: 'pawl-tools',
    send: async () => ({
      choices: [
        {
          index: 0,
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'call_1', type: 'function', function: { name, arguments: given } }],
          },
        },
      ],
    }),
  };
}
