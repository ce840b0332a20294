// The checker of run.json finds what is wrong.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { problems } = require('./schema.js');
const { schema } = require('./record.js');

test('every kind of rule is enforced', () => {
  const rules = {
    type: 'object', required: ['a'], additionalProperties: false,
    properties: { a: { $ref: '#/definitions/n' }, b: { type: 'array', items: { enum: ['x', null] }, maxItems: 1 }, c: { oneOf: [{ type: 'null' }, { type: 'integer' }] } },
    definitions: { n: { type: ['number', 'null'], exclusiveMinimum: 0 } },
  };
  assert.deepEqual(problems(rules, { a: null, b: ['x'], c: 3 }), []);
  for (const wrong of [{}, { a: 0 }, { a: 'text' }, { a: 1, d: 2 }, { a: 1, b: ['y'] }, { a: 1, b: ['x', 'x'] }, { a: 1, c: 1.5 }, []])
    assert.equal(problems(rules, wrong).length > 0, true, JSON.stringify(wrong));
  assert.throws(() => problems({ typo: 1 }, {}));
});

test('an empty record lacks every member of the schema', () => {
  assert.equal(problems(schema, {}).length, schema.required.length);
});
