// The input of a custom tool is plain text: code, a query, a patch. The model does not wrap it in JSON.
import { Agent, customTool, openai } from '@pawl/core';
import { offlineServer, respond } from '@pawl/testing';

const calculate = customTool({
  name: 'calculate',
  description: 'Multiplies whole numbers.',
  format: { type: 'grammar', grammar: { syntax: 'regex', definition: '\\d+( \\* \\d+)*' } },
  effect: 'read',
  execute: (text) => text.split(' * ').reduce((product, factor) => product * Number(factor), 1),
});

// OpenAI's servers support custom tools. Other servers get a function with one text, whose description contains the format.
for (const profile of ['openai', 'compatible'] as const) {
  const isSupported = profile === 'openai';
  const server = await offlineServer({
    script: [
      isSupported ? respond.custom('calculate', '6 * 7') : respond.call('calculate', { input: '6 * 7' }),
      respond.text('It is 42.'),
    ],
  });
  const model = openai('any', { baseURL: server.baseURL, apiKey: 'none', profile });
  const run = new Agent({ model, tools: [calculate] }).run('What is six times seven?');
  run.on('tool.finished', ({ call, content }) => console.log(`${call.type} call gave ${content}`));
  const { output } = await run;

  console.log(`${profile}: ${output}`, JSON.stringify(server.requests[0]?.body.tools));
  await server.close();
}
