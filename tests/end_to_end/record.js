// run.json as the tests read it: checked against its schema first.
'use strict';
const assert = require('node:assert/strict');
const path = require('node:path');
const { readJson } = require('./program.js');
const { problems } = require('./schema.js');

const schema = readJson(__dirname, '..', '..', 'docs', 'run.schema.json');

/** The record of a run directory. */
function readRecord(run) {
  const record = readJson(run, 'run.json');
  assert.deepEqual(problems(schema, record), []);
  const members = Object.keys(schema.definitions.point_members.properties);
  for (const point of [record.chosen, ...record.pareto]) assert.deepEqual(Object.keys(point).sort(), [...members].sort());
  return record;
}

module.exports = { readRecord, schema };
