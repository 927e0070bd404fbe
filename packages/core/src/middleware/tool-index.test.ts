import { expect, test } from 'vitest';
import { buildToolIndex } from './tool-index.ts';

function described(name: string, description: string, properties: readonly string[] = []) {
  const jsonSchema = {
    type: 'object',
    properties: Object.fromEntries(properties.map((each) => [each, { type: 'string' }])),
  };
  return { name, description, jsonSchema };
}

const tools = [
  described('list_invoices', 'Lists the invoices of a customer.', ['customer_id']),
  described('refundPayment', 'Gives money back to a customer.', ['paymentId', 'reason']),
  described('send', 'Writes to somebody by mail or by text message.', ['recipient', 'body']),
  described(
    'get_traffic',
    'Tells how the roads of a city are; mentions weather where it matters, and much else beside that.',
    ['city'],
  ),
  described('get_weather', 'Tells temperature and rain of a city, today and tomorrow.', ['city']),
  described('buche_flug', 'Bucht einen Flug über Köln.', ['abflug']),
  described('kaigi', '会議を予約する。', ['日付']),
  described('outbox', 'Mail that waits, and mail that was sent.'),
  described('archive_mail', 'Puts away what is old and done.'),
  described('billing', 'Invoiced, invoicer, invoiceable: the books.'),
  described('roadmap', 'Shows the plan.'),
  described('tolls', 'Fees of a road.'),
  described('box_office', 'Ticket by ticket by ticket by ticket by ticket.'),
  described('kiosk', 'The price of a ticket, and of a newspaper.'),
  described('use', 'Spends one of them.'),
];

test.each([
  { asked: 'invoices', best: ['list_invoices'], why: 'a word of the name' },
  { asked: 'RECIP', best: ['send'], why: 'the start of a word, in any case' },
  { asked: 'weather', best: ['get_weather', 'get_traffic'], why: 'a name counts more than a description' },
  { asked: 'refund', best: ['refundPayment'], why: 'a word inside a camelCase name' },
  { asked: 'recipient', best: ['send'], why: 'a property' },
  { asked: 'payment id', best: ['refundPayment', 'list_invoices'], why: 'both words of a property before one word' },
  { asked: 'city', best: ['get_weather', 'get_traffic'], why: 'the shorter of two texts' },
  {
    asked: 'money for a customer',
    best: ['refundPayment', 'list_invoices'],
    why: 'a rare word counts more than a common one',
  },
  { asked: 'get_traffic', best: ['get_traffic', 'get_weather'], why: 'the name itself' },
  {
    asked: 'Use get_traffic: rain, temperature, city',
    best: ['get_traffic', 'get_weather'],
    why: 'a name among words',
  },
  { asked: ' "SEND" ', best: ['send'], why: 'a name of one word' },
  {
    asked: 'send all invoices',
    best: ['list_invoices', 'send'],
    why: 'a name of one word in a longer query is a word',
  },
  { asked: 'ÜBER köln', best: ['buche_flug'], why: 'letters of other languages' },
  { asked: '予約', best: ['kaigi'], why: 'scripts without spaces' },
  { asked: 'what is the to of', best: [], why: 'stop words' },
  { asked: 'submarine', best: [], why: 'a word that no tool has' },
  { asked: 'mail', best: ['archive_mail', 'outbox'], why: 'one word in a name counts more than two in a description' },
  { asked: 'invoice', best: ['list_invoices', 'billing'], why: 'several words with the same start count once' },
  { asked: 'road', best: ['tolls', 'roadmap'], why: 'the exact word before a longer one, even in a name' },
  { asked: 'ticket price', best: ['kiosk', 'box_office'], why: 'two words before one repeated word' },
  { asked: 'use', best: ['use'], why: 'a name that is a stop word' },
  { asked: 'ｗｅａｔｈｅｒ', best: ['get_weather', 'get_traffic'], why: 'letters of another width' },
  { asked: 'wea', best: [], why: 'too short for the start of a word' },
  { asked: '', best: [], why: 'an empty query' },
  { asked: '!? "\\d+(" …', best: [], why: 'no words' },
])('"$asked" finds $best: $why', ({ asked, best }) => {
  expect(buildToolIndex(tools).search(asked, 2)).toEqual(best);
});

test('searches the properties of nested objects', () => {
  const jsonSchema = { type: 'object', properties: { order: { anyOf: [{ properties: { coupon: {} } }] } } };
  const index = buildToolIndex([...tools, { name: 'order', description: 'Orders.', jsonSchema }]);
  expect(index.search('coupon', 5)).toEqual(['order']);
});

test('keeps the order of equal scores, and limits the number of results', () => {
  const many = Array.from({ length: 9 }, (_, index) => described(`tool_${index}`, 'Does a thing.'));
  expect(buildToolIndex(many).search('thing', 3)).toEqual(['tool_0', 'tool_1', 'tool_2']);
});

test('finds nothing in an empty list', () => {
  expect(buildToolIndex([]).search('anything', 3)).toEqual([]);
});
