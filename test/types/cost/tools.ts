import { Agent, type ChatModel, tool } from '@pawl/core';
import * as schemas from './schemas.ts';

// Forty tools in one agent, each with an input inferred from its schema.
declare const model: ChatModel;

export const agent = new Agent({
  model,
  tools: [
    tool({ name: 't0', description: 'Tool 0.', input: schemas.schema0, execute: ({ n0 }) => n0 }),
    tool({ name: 't1', description: 'Tool 1.', input: schemas.schema1, execute: ({ n1 }) => n1 }),
    tool({ name: 't2', description: 'Tool 2.', input: schemas.schema2, execute: ({ n2 }) => n2 }),
    tool({ name: 't3', description: 'Tool 3.', input: schemas.schema3, execute: ({ n3 }) => n3 }),
    tool({ name: 't4', description: 'Tool 4.', input: schemas.schema4, execute: ({ n4 }) => n4 }),
    tool({ name: 't5', description: 'Tool 5.', input: schemas.schema5, execute: ({ n5 }) => n5 }),
    tool({ name: 't6', description: 'Tool 6.', input: schemas.schema6, execute: ({ n6 }) => n6 }),
    tool({ name: 't7', description: 'Tool 7.', input: schemas.schema7, execute: ({ n7 }) => n7 }),
    tool({ name: 't8', description: 'Tool 8.', input: schemas.schema8, execute: ({ n8 }) => n8 }),
    tool({ name: 't9', description: 'Tool 9.', input: schemas.schema9, execute: ({ n9 }) => n9 }),
    tool({ name: 't10', description: 'Tool 10.', input: schemas.schema10, execute: ({ n10 }) => n10 }),
    tool({ name: 't11', description: 'Tool 11.', input: schemas.schema11, execute: ({ n11 }) => n11 }),
    tool({ name: 't12', description: 'Tool 12.', input: schemas.schema12, execute: ({ n12 }) => n12 }),
    tool({ name: 't13', description: 'Tool 13.', input: schemas.schema13, execute: ({ n13 }) => n13 }),
    tool({ name: 't14', description: 'Tool 14.', input: schemas.schema14, execute: ({ n14 }) => n14 }),
    tool({ name: 't15', description: 'Tool 15.', input: schemas.schema15, execute: ({ n15 }) => n15 }),
    tool({ name: 't16', description: 'Tool 16.', input: schemas.schema16, execute: ({ n16 }) => n16 }),
    tool({ name: 't17', description: 'Tool 17.', input: schemas.schema17, execute: ({ n17 }) => n17 }),
    tool({ name: 't18', description: 'Tool 18.', input: schemas.schema18, execute: ({ n18 }) => n18 }),
    tool({ name: 't19', description: 'Tool 19.', input: schemas.schema19, execute: ({ n19 }) => n19 }),
    tool({ name: 't20', description: 'Tool 20.', input: schemas.schema20, execute: ({ n20 }) => n20 }),
    tool({ name: 't21', description: 'Tool 21.', input: schemas.schema21, execute: ({ n21 }) => n21 }),
    tool({ name: 't22', description: 'Tool 22.', input: schemas.schema22, execute: ({ n22 }) => n22 }),
    tool({ name: 't23', description: 'Tool 23.', input: schemas.schema23, execute: ({ n23 }) => n23 }),
    tool({ name: 't24', description: 'Tool 24.', input: schemas.schema24, execute: ({ n24 }) => n24 }),
    tool({ name: 't25', description: 'Tool 25.', input: schemas.schema25, execute: ({ n25 }) => n25 }),
    tool({ name: 't26', description: 'Tool 26.', input: schemas.schema26, execute: ({ n26 }) => n26 }),
    tool({ name: 't27', description: 'Tool 27.', input: schemas.schema27, execute: ({ n27 }) => n27 }),
    tool({ name: 't28', description: 'Tool 28.', input: schemas.schema28, execute: ({ n28 }) => n28 }),
    tool({ name: 't29', description: 'Tool 29.', input: schemas.schema29, execute: ({ n29 }) => n29 }),
    tool({ name: 't30', description: 'Tool 30.', input: schemas.schema30, execute: ({ n30 }) => n30 }),
    tool({ name: 't31', description: 'Tool 31.', input: schemas.schema31, execute: ({ n31 }) => n31 }),
    tool({ name: 't32', description: 'Tool 32.', input: schemas.schema32, execute: ({ n32 }) => n32 }),
    tool({ name: 't33', description: 'Tool 33.', input: schemas.schema33, execute: ({ n33 }) => n33 }),
    tool({ name: 't34', description: 'Tool 34.', input: schemas.schema34, execute: ({ n34 }) => n34 }),
    tool({ name: 't35', description: 'Tool 35.', input: schemas.schema35, execute: ({ n35 }) => n35 }),
    tool({ name: 't36', description: 'Tool 36.', input: schemas.schema36, execute: ({ n36 }) => n36 }),
    tool({ name: 't37', description: 'Tool 37.', input: schemas.schema37, execute: ({ n37 }) => n37 }),
    tool({ name: 't38', description: 'Tool 38.', input: schemas.schema38, execute: ({ n38 }) => n38 }),
    tool({ name: 't39', description: 'Tool 39.', input: schemas.schema39, execute: ({ n39 }) => n39 }),
  ],
});

export const run = agent.run('Hello').then(({ output }) => output.length);
