// Searches on real tables end properly; the figures they must reach are those of the published baselines.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { tabjoule, temporaryFolder, smallSpace, readJson, sharedFile } = require('./program.js');

/** table, target, task, and a bound on the test score that a search with little effort keeps. */
const tables = [
  ['adult.csv.gz', 'class', 'binary', (score) => score >= 0.85],
  ['letter.csv', 'class', 'multiclass', (score) => score >= 0.8],
  ['wine-quality.csv', 'quality', 'regression', (score) => score <= 0.75],
  ['kc1.csv', 'defects', 'binary', (score) => score >= 0.82],
  ['sick.csv', 'Class', 'binary', (score) => score >= 0.94],
  ['ames-housing.csv', 'SalePrice', 'regression', (score) => score <= 40000],
];

for (const [file, target, task, good] of tables) {
  test(`search on ${file}`, (t) => {
    const data = sharedFile(t, 'data', 'tables', file);
    if (data === null) return;
    const folder = temporaryFolder(t);
    const run = path.join(folder, 'run');
    const result = tabjoule('search', '--data', data, '--target', target, '--space', smallSpace(folder), '--effort', '0.1',
      '--out', run);
    assert.equal(result.code, 0, result.err);
    const record = readJson(run, 'run.json');
    assert.equal(record.task, task);
    assert.ok(good(record.chosen.score_test), `${record.metric} ${record.chosen.score_test}`);
    const applied = tabjoule('apply', run, '--data', data, '--json', '--out', path.join(folder, 'predictions.csv'));
    assert.equal(applied.code, 0, applied.err);
    const { train, validation, test: held } = record.rows;
    assert.equal(JSON.parse(applied.out).rows, train + validation + held);
  });
}
