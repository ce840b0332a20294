// The main job on made-up tables: what a run leaves behind, and that others can use it.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const ort = require('onnxruntime-node');
const { tabjoule, temporaryFolder, write, smallSpace, mixedRows, csv, readJson } = require('./program.js');
const { readRecord } = require('./record.js');

const columns = ['size', 'kind', 'flag', 'day'];

function search(folder, rows, target, ...more) {
  const data = write(folder, 'table.csv', csv(rows, [...columns, target]));
  const run = path.join(folder, 'run');
  const result = tabjoule('search', '--data', data, '--target', target, '--space', smallSpace(folder), '--effort', '0.05',
    '--seed', '7', '--out', run, ...more);
  assert.equal(result.code, 0, result.err);
  return { data, run, result };
}

/** pipeline.onnx in a runtime that is not ours, fed with raw values. */
async function pipeline(run, rows) {
  const session = await ort.InferenceSession.create(path.join(run, 'pipeline.onnx'));
  const column = (name, make) => make(rows.map((row) => row[name]));
  const numbers = (values) => new ort.Tensor('float64', Float64Array.from(values), [values.length, 1]);
  const feeds = {
    size: column('size', (v) => numbers(v.map((x) => (x === null ? NaN : x)))),
    flag: column('flag', (v) => numbers(v.map(Number))),
    day: column('day', (v) => numbers(v.map((x) => Date.parse(`${x}T00:00:00Z`) / 1000))),
    kind: column('kind', (v) => new ort.Tensor('string', v.map((x) => x ?? ''), [v.length, 1])),
  };
  return session.run(feeds);
}

test('a search leaves every file, finite figures and a network better than chance', (t) => {
  const folder = temporaryFolder(t);
  const { run, result } = search(folder, mixedRows(1500), 'outcome');
  for (const file of ['run.json', 'model.onnx', 'pipeline.onnx', 'model.json', 'report.html', 'log.txt', 'checkpoint/request.json'])
    assert.ok(fs.existsSync(path.join(run, file)), file);
  const record = readRecord(run);
  assert.equal(record.task, 'binary');
  assert.deepEqual(record.classes, ['high', 'low']);
  assert.ok(['measured', 'estimated'].includes(record.energy_source.kind));
  assert.ok(record.chosen.score_test > record.dummy_test_score + 0.1, `${record.chosen.score_test}`);
  assert.ok(record.chosen.energy_predicted_j > 0);
  assert.ok(record.export_difference < 1e-4);
  assert.ok(record.pareto.length >= 1);
  for (let i = 1; i < record.pareto.length; ++i) {
    assert.ok(record.pareto[i].energy_predicted_j >= record.pareto[i - 1].energy_predicted_j);
    assert.ok(record.pareto[i].score_supernet > record.pareto[i - 1].score_supernet);
  }
  assert.ok('saving_fraction' in record.baselines.accuracy);
  assert.deepEqual(Object.keys(record.timing), ['read', 'profile', 'supernet', 'search', 'train', 'measure', 'export']);
  assert.match(result.out, /^chosen {8}small depth=\d width=\d+/m);
  assert.match(result.out, /^run {11}/m);
});

test('apply and pipeline.onnx in a runtime that is not ours predict the same, unseen values included', async (t) => {
  const folder = temporaryFolder(t);
  const { run } = search(folder, mixedRows(1500), 'outcome');
  const fresh = mixedRows(200, 99);
  fresh[0].kind = 'never seen';
  fresh[1].size = 1e9;
  fresh[2].day = '1968-02-29';
  const data = write(folder, 'new.csv', csv(fresh, columns));
  const applied = tabjoule('apply', run, '--data', data, '--json');
  assert.equal(applied.code, 0, applied.err);
  const ours = JSON.parse(applied.out);
  assert.equal(ours.rows, 200);
  const theirs = await pipeline(run, fresh);
  const k = ours.classes.length;
  ours.probabilities.forEach((row, r) => {
    assert.ok(Math.abs(row.reduce((a, b) => a + b) - 1) < 1e-5);
    row.forEach((p, c) => assert.ok(Math.abs(p - theirs.probabilities.data[r * k + c]) < 1e-5, `row ${r} class ${c}`));
    assert.equal(theirs.label.data[r], ours.classes[row.indexOf(Math.max(...row))]);
  });
  const text = tabjoule('apply', run, '--data', data, '--out', path.join(folder, 'p.csv'));
  assert.equal(text.code, 0, text.err);
  const lines = fs.readFileSync(path.join(folder, 'p.csv'), 'utf8').trim().split('\n');
  assert.equal(lines.length, 201);
  assert.equal(lines[0], 'outcome,probability of high,probability of low');
});

test('a regression is reported in its own unit and predicted alike by the exported pipeline', async (t) => {
  const folder = temporaryFolder(t);
  const { run, data } = search(folder, mixedRows(1500), 'value');
  const record = readJson(run, 'run.json');
  assert.equal(record.task, 'regression');
  assert.ok(record.chosen.score_test < 0.6 * record.dummy_test_score, `rmse ${record.chosen.score_test}`);
  const ours = JSON.parse(tabjoule('apply', run, '--data', data, '--json').out);
  const theirs = await pipeline(run, mixedRows(1500));
  ours.values.forEach(([v], r) => assert.ok(Math.abs(v - theirs.prediction.data[r]) < 1e-4 * Math.max(1, Math.abs(v))));
});

test('the same seed trains the same supernet with one thread and with two', (t) => {
  const losses = ['1', '2'].map((threads) => {
    const folder = temporaryFolder(t);
    const { run } = search(folder, mixedRows(800), 'outcome', '--threads', threads);
    return readRecord(run).trace.supernets.small.losses;
  });
  assert.ok(losses[0].length > 0);
  assert.deepEqual(losses[0], losses[1]);
});

test('--json prints the record and nothing else; a finished run is not written over', (t) => {
  const folder = temporaryFolder(t);
  const { run, data, result } = search(folder, mixedRows(600), 'outcome', '--json');
  assert.deepEqual(JSON.parse(result.out).chosen, readJson(run, 'run.json').chosen);
  const again = tabjoule('search', '--data', data, '--target', 'outcome', '--out', run);
  assert.equal(again.code, 2);
  assert.match(again.err, /holds a run already/);
});

test('rows may come from SQL, and validation and test rows from files of their own', (t) => {
  const folder = temporaryFolder(t);
  const header = [...columns, 'outcome'];
  const train = write(folder, 'train.csv', csv(mixedRows(700, 1), header));
  const validation = write(folder, 'validation.csv', csv(mixedRows(150, 2), header));
  const held = write(folder, 'test.csv', csv(mixedRows(160, 3), header));
  const run = path.join(folder, 'run');
  const result = tabjoule('search', '--data', `SELECT * FROM '${train}' WHERE size IS NOT NULL`, '--target', 'outcome',
    '--validation-data', validation, '--test-data', held, '--space', smallSpace(folder), '--effort', '0.02', '--out', run);
  assert.equal(result.code, 0, result.err);
  const { rows } = readJson(run, 'run.json');
  assert.equal(rows.validation, 150);
  assert.equal(rows.test, 160);
  assert.equal(rows.train, mixedRows(700, 1).filter((r) => r.size !== null).length);
});

test('predict and measure agree about the energy of an exported model within a factor of two', (t) => {
  // A profile takes seconds, in which other programs may slow this machine down by halves: one of five must agree. What is
  // wrong in the program is wrong in all of them.
  const folder = temporaryFolder(t);
  const cache = process.env.TABJOULE_CACHE;
  t.after(() => { process.env.TABJOULE_CACHE = cache; });
  const seen = [];
  for (let attempt = 1; attempt <= 5; ++attempt) {
    const own = path.join(folder, `attempt ${attempt}`);
    fs.mkdirSync(own);
    process.env.TABJOULE_CACHE = path.join(own, 'cache');
    const { run } = search(own, mixedRows(600), 'outcome');
    const model = path.join(run, 'model.onnx');
    const predicted = tabjoule('predict', model, '--json');
    assert.equal(predicted.code, 0, predicted.err);
    const p = JSON.parse(predicted.out);
    assert.equal(p.unknown_kernels, 0);
    assert.equal(p.kernels[0].kernel, 'session');
    const sum = p.kernels.reduce((total, kernel) => total + kernel.energy_per_batch_j, 0);
    const measured = tabjoule('measure', model, '--json', '--budget', '20');
    assert.equal(measured.code, 0, measured.err);
    const ratio = p.energy_j / JSON.parse(measured.out).energy_j;
    // The model is about the sum of its kernels.
    if (Math.abs(sum - p.energy_per_batch_j) <= 0.2 * sum && ratio > 0.5 && ratio < 2) return;
    seen.push(`kernels ${sum} J, predicted ${p.energy_per_batch_j} J, ${ratio} of what was measured`);
  }
  assert.fail(seen.join('; '));
});
