// One given network: what it leaves behind, that its options do what they say, and that its errors name what is wrong.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { tabjoule, temporaryFolder, write, smallSpace, mixedRows, csv, readJson, sharedFile } = require('./program.js');

const columns = ['size', 'kind', 'flag', 'day'];
const network = '{"space": "mlp", "depth": 2, "width": 64}';

function train(folder, target, ...more) {
  const data = path.join(folder, 'table.csv');
  if (!fs.existsSync(data)) write(folder, 'table.csv', csv(mixedRows(1200), [...columns, 'outcome', 'value']));
  const out = path.join(folder, `out${fs.readdirSync(folder).length}`);
  const drop = target === 'value' ? 'outcome' : 'value';
  const arch = more.includes('--arch') ? [] : ['--arch', network];
  const result = tabjoule('train', '--data', data, '--target', target, '--drop', drop, ...arch, '--seed', '3', '--out', out,
    ...more);
  return { data, out, result, record: result.code === 0 ? readJson(out, 'train.json') : null };
}

test('a network is trained, scored, exported and applied', (t) => {
  const folder = temporaryFolder(t);
  const { data, out, result, record } = train(folder, 'outcome', '--json');
  assert.equal(result.code, 0, result.err);
  assert.deepEqual(JSON.parse(result.out), record);
  assert.equal(record.format, 'tabjoule-train');
  assert.equal(record.text, 'mlp depth=2 width=64');
  assert.deepEqual(Object.keys(record.scores.test), ['accuracy', 'balanced_accuracy', 'auc', 'log_loss', 'f1']);
  assert.ok(record.scores.test.accuracy > record.scores.dummy_test.accuracy + 0.2, `${record.scores.test.accuracy}`);
  assert.equal(record.trace.losses.length, record.epochs);
  assert.equal(record.scores.validation.accuracy, Math.max(...record.trace.validation_scores));
  assert.equal(record.rows.train + record.rows.validation + record.rows.test, 1200);
  assert.ok(record.export_difference < 1e-4);
  for (const file of ['model.onnx', 'pipeline.onnx', 'model.json']) assert.ok(fs.existsSync(path.join(out, file)), file);
  const applied = tabjoule('apply', out, '--data', data, '--json');
  assert.equal(applied.code, 0, applied.err);
  const { probabilities, classes } = JSON.parse(applied.out);
  const right = mixedRows(1200).filter((row, r) => classes[probabilities[r][1] > 0.5 ? 1 : 0] === row.outcome).length;
  assert.ok(right / 1200 > 0.9, `${right} of 1200`);
});

test('a regression is scored in its own unit, and its result is the same with one thread and with two', (t) => {
  const folder = temporaryFolder(t);
  const [one, two] = ['1', '2'].map((threads) => train(folder, 'value', '--threads', threads, '--epochs', '20').record);
  assert.ok(one.scores.test.rmse < 0.6 * one.scores.dummy_test.rmse, `${one.scores.test.rmse}`);
  assert.ok(one.scores.test.r2 > 0.6);
  assert.deepEqual(one.scores, two.scores);
  assert.deepEqual(one.trace, two.trace);
  assert.ok(one.scaling.validation_loss_quantile > 0 && one.scaling.validation_loss_standard > 0);
});

test('a teacher is learnt from, and scored beside its student', (t) => {
  const folder = temporaryFolder(t);
  const [one, two] = ['1', '2'].map((threads) =>
    train(folder, 'outcome', '--teacher', '--threads', threads, '--epochs', '20', '--class-weights', 'balanced').record);
  assert.equal(one.teacher.rows, 9 * one.rows.train);
  assert.ok(one.teacher.scores.test.accuracy > one.scores.dummy_test.accuracy + 0.2);
  assert.ok(one.scores.test.accuracy > one.scores.dummy_test.accuracy + 0.2);
  assert.deepEqual(one.scores, two.scores);
  assert.deepEqual(one.teacher, two.teacher);
  assert.equal(train(folder, 'value', '--epochs', '2').record.teacher, null);

  const { result } = train(folder, 'outcome', '--teacher', '--label-smoothing', '0.1');
  assert.equal(result.code, 2);
  assert.match(result.err, /label smoothing is for labels/);
});

test('the network may come from a file, and its space from another', (t) => {
  const folder = temporaryFolder(t);
  smallSpace(folder);  // small.json
  const arch = write(folder, 'arch.json', '{"space": "small.json", "depth": 1, "width": 16}');
  const { result, record } = train(folder, 'outcome', '--arch', arch, '--epochs', '3', '--scaling', 'standard');
  assert.equal(result.code, 0, result.err);
  assert.equal(record.text, 'small depth=1 width=16');
  assert.equal(record.scaling.chosen, 'standard');
  assert.equal(record.scaling.validation_loss_standard, null);
});

test('numeric embeddings learn a bent curve that a network without hidden units to spare does not, and are exported', (t) => {
  const folder = temporaryFolder(t);
  const rows = Array.from({ length: 1500 }, (_, i) => {
    const x = ((i * 379) % 1500) / 100;
    return { x, flag: i % 3 === 0, y: Math.sin(2 * x) + (i % 3 === 0 ? 0.2 : 0) };
  });
  const data = write(folder, 'waves.csv', csv(rows, ['x', 'flag', 'y']));
  smallSpace(folder);
  const rmse = (...more) => {
    const out = path.join(folder, `waves${fs.readdirSync(folder).length}`);
    const arch = write(folder, 'arch.json', '{"space": "small.json", "depth": 1, "width": 8}');
    const result = tabjoule('train', '--data', data, '--target', 'y', '--arch', arch, '--epochs', '60', '--json', '--out', out, ...more);
    assert.equal(result.code, 0, result.err);
    const record = JSON.parse(result.out);
    assert.ok(record.export_difference < 1e-4);
    return record.scores.test.rmse;
  };
  const plain = rmse();
  const embedded = rmse('--embedding-bins', '32');
  assert.ok(embedded < 0.6 * plain, `rmse ${embedded} with embeddings, ${plain} without`);
});

test('a ResNet and an FT-Transformer are trained, exported and applied', (t) => {
  const folder = temporaryFolder(t);
  const networks = ['{"space": "resnet", "depth": 2, "width": 32, "hidden": 32}',
    '{"space": "ft", "depth": 1, "width": 32, "heads": 4, "ffn_sixths": 8}'];
  for (const arch of networks) {
    const { data, out, result, record } = train(folder, 'outcome', '--arch', arch, '--epochs', '15');
    assert.equal(result.code, 0, result.err);
    assert.ok(record.scores.test.accuracy > record.scores.dummy_test.accuracy + 0.2, `${arch}: ${record.scores.test.accuracy}`);
    assert.equal(tabjoule('apply', out, '--data', data, '--json').code, 0);
  }
});

test('class weights raise the recall of a rare class, label smoothing the entropy of what is predicted', (t) => {
  const folder = temporaryFolder(t);
  const rows = mixedRows(1500).map((row, i) => ({ ...row, rare: row.value > 6 && i % 2 ? 'yes' : 'no' }));
  const data = write(folder, 'rare.csv', csv(rows, [...columns, 'rare']));
  const scores = (...more) => {
    const out = path.join(folder, `rare${fs.readdirSync(folder).length}`);
    const result = tabjoule('train', '--data', data, '--target', 'rare', '--arch', network, '--json', '--scaling', 'quantile',
      '--out', out, ...more);
    assert.equal(result.code, 0, result.err);
    return JSON.parse(result.out);
  };
  const plain = scores();
  const balanced = scores('--class-weights', 'balanced');
  assert.ok(balanced.scores.test.balanced_accuracy > plain.scores.test.balanced_accuracy + 0.05,
    `${balanced.scores.test.balanced_accuracy} ${plain.scores.test.balanced_accuracy}`);
  assert.equal(balanced.recipe.class_weights.length, 2);
  assert.deepEqual(scores('--class-weights', 'yes=4', '--epochs', '1').recipe.class_weights, [1, 4]);
  assert.ok(scores('--label-smoothing', '0.3').trace.losses.at(-1) > plain.trace.losses.at(-1) + 0.1);
});

test('what cannot be trained is refused in one line', (t) => {
  const folder = temporaryFolder(t);
  const refused = (code, pattern, target, ...more) => {
    const { out, result } = train(folder, target, ...more);
    assert.equal(result.code, code, result.err);
    assert.match(result.err.trim().split('\n').at(-1), pattern);
    assert.ok(!fs.existsSync(path.join(out, 'train.json')));
  };
  refused(2, /not JSON/, 'outcome', '--arch', '{"space": ');
  refused(3, /no "space"|names no/, 'outcome', '--arch', '{"depth": 2}');
  refused(3, /gives no number for "width"/, 'outcome', '--arch', '{"space": "mlp", "depth": 2}');
  refused(3, /3 is no choice of "width"/, 'outcome', '--arch', '{"space": "mlp", "depth": 2, "width": 3}');
  refused(2, /neither a built-in space/, 'outcome', '--arch', '{"space": "cnn", "depth": 2}');
  refused(3, /nowhere\.json/, 'outcome', '--arch', path.join(folder, 'nowhere.json'));
  refused(2, /no class "hihg"; did you mean "high"/, 'outcome', '--class-weights', 'hihg=2');
  refused(2, /class weights are for classes/, 'value', '--class-weights', 'balanced');
  refused(2, /label smoothing is for classes/, 'value', '--label-smoothing', '0.1');
  refused(2, /--learning-rate/, 'outcome', '--learning-rate', '-1');
  refused(2, /"rmse" is not a metric/, 'outcome', '--metric', 'rmse');
  const done = train(folder, 'outcome', '--epochs', '1');
  const again = tabjoule('train', '--data', done.data, '--target', 'outcome', '--arch', network, '--out', done.out);
  assert.equal(again.code, 2);
  assert.match(again.err, /holds a run already/);
});

/** The scaling that a table wants is found: on `pol` quantiles triple the error, on `elevators` they do no harm. */
test('the scaling is chosen well on a table where quantiles are bad', (t) => {
  const data = sharedFile(t, 'data', 'tables', 'pol.csv.gz');
  if (data === null) return;
  const folder = temporaryFolder(t);
  const result = tabjoule('train', '--data', data, '--target', 'foo', '--task', 'regression', '--arch', '{"space": "mlp", "depth": 3, "width": 256}',
    '--epochs', '20', '--out', path.join(folder, 'pol'), '--json');
  assert.equal(result.code, 0, result.err);
  const record = JSON.parse(result.out);
  assert.ok(record.scores.test.rmse < 6, `rmse ${record.scores.test.rmse}`);
});
