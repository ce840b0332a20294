// Several spaces, hard limits and baselines in one search.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { tabjoule, temporaryFolder, write, smallSpace, mixedRows, csv } = require('./program.js');
const { readRecord } = require('./record.js');

const columns = ['size', 'kind', 'flag', 'day', 'outcome'];

function search(folder, ...more) {
  const data = write(folder, 'table.csv', csv(mixedRows(900), columns));
  const run = path.join(folder, 'run');
  const result = tabjoule('search', '--data', data, '--target', 'outcome', '--effort', '0.02', '--device', 'sim:jetson-agx-orin',
    '--threads', '1', '--out', run, ...more);
  return { result, run };
}

function tokens(folder) {
  return write(folder, 'tokens.json', JSON.stringify({
    format: 'tabjoule-space', version: 1, name: 'tokens', family: 'ft',
    decisions: [{ name: 'depth', choices: [1, 2] }, { name: 'width', choices: [8, 16] }, { name: 'heads', choices: [1, 2] },
      { name: 'ffn_sixths', choices: [8] }],
  }));
}

test('several spaces share one front, and every baseline is measured', (t) => {
  const folder = temporaryFolder(t);
  const { result, run } = search(folder, '--space', smallSpace(folder), '--space', tokens(folder),
    '--compare', 'accuracy,flops,latency,random', '--train-points', '3');
  assert.equal(result.code, 0, result.err);
  const record = readRecord(run);
  assert.deepEqual(record.spaces.map((space) => [space.name, space.family]), [['small', 'mlp'], ['tokens', 'ft']]);
  for (const space of record.spaces) assert.ok(space.scored > 0 && space.scored <= space.architectures, space.name);
  assert.equal(record.architectures_scored, record.spaces.reduce((sum, space) => sum + space.scored, 0));
  assert.deepEqual(Object.keys(record.trace.supernets), ['small', 'tokens']);
  assert.deepEqual(Object.keys(record.trace.searches), ['energy', 'accuracy', 'flops', 'latency', 'random']);
  assert.deepEqual(Object.keys(record.baselines), ['accuracy', 'flops', 'latency', 'random']);
  for (const [name, point] of Object.entries(record.baselines)) {
    assert.ok(point.trained && point.energy_measured_j > 0, name);
    assert.ok(Math.abs(point.saving_fraction - (1 - record.chosen.energy_measured_j / point.energy_measured_j)) < 1e-9, name);
  }
  assert.ok(record.pareto.filter((point) => point.trained).length >= Math.min(3, record.pareto.length));
  assert.ok(record.pareto.some((point) => point.text === record.chosen.text), 'the answer lies on the front');
  const cache = process.env.TABJOULE_CACHE;
  const [profile] = fs.readdirSync(cache).filter((name) => name.startsWith('sim:jetson-agx-orin'));
  const models = JSON.parse(fs.readFileSync(path.join(cache, profile), 'utf8')).models.map((model) => model.name);
  for (const name of ['small ', 'tokens ']) assert.ok(models.some((model) => model.startsWith(name)), `${name}is measured as a whole`);
});

test('an energy budget holds, as measured; less than any network takes is refused and told', (t) => {
  const folder = temporaryFolder(t);
  const space = smallSpace(folder);
  const least = search(folder, '--space', space, '--energy-budget', '1nJ');
  assert.equal(least.result.code, 2);
  const [, value, prefix] = least.result.err.match(/the smallest network takes up to ([\d.]+) (.?)J/);
  const budget_j = 1.02 * Number(value) * { m: 1e-3, u: 1e-6, n: 1e-9 }[prefix];
  const { result, run } = search(temporaryFolder(t), '--space', space, '--energy-budget', `${budget_j}J`, '--compare', 'none');
  assert.equal(result.code, 0, result.err);
  const record = readRecord(run);
  assert.equal(record.chosen_by.rule, 'energy-budget');
  assert.ok(record.chosen_by.holds);
  assert.ok(record.chosen.energy_true_j <= budget_j, `${record.chosen.energy_true_j} > ${budget_j}`);
  for (const point of record.pareto) assert.ok(point.energy_predicted_interval_90_j[1] <= budget_j, point.text);
  assert.deepEqual(record.baselines, {});
});

test('the fewest joules at a score; a score out of reach is an error that leaves the run', (t) => {
  const folder = temporaryFolder(t);
  const space = smallSpace(folder);
  const { result, run } = search(folder, '--space', space, '--min-score', '0.8', '--compare', 'accuracy');
  assert.equal(result.code, 0, result.err);
  const record = readRecord(run);
  assert.equal(record.chosen_by.rule, 'min-score');
  assert.ok(record.chosen.score_validation >= 0.8);
  for (const point of record.pareto)
    if (point.trained && point.score_validation >= 0.8)
      assert.ok(record.chosen.energy_measured_j <= point.energy_measured_j, point.text);
  const far = search(temporaryFolder(t), '--space', space, '--min-score', '1.5', '--compare', 'none');
  assert.equal(far.result.code, 3);
  assert.match(far.result.err, /no trained network keeps an? accuracy of 1.5/);
  assert.equal(readRecord(far.run).chosen_by.holds, false);
});

test('limits of size and time hold; rules that contradict each other are refused', (t) => {
  const folder = temporaryFolder(t);
  const space = smallSpace(folder);
  const { result, run } = search(folder, '--space', space, '--max-parameters', '700', '--latency', '1ms', '--compare', 'none');
  assert.equal(result.code, 0, result.err);
  const record = readRecord(run);
  assert.ok([record.chosen, ...record.pareto].every((point) => point.parameters <= 700));
  assert.equal(record.chosen_by.rule, 'latency');
  const both = search(folder, '--energy-budget', '1J', '--energy-weight', '0.1');
  assert.equal(both.result.code, 2);
  const unit = search(folder, '--energy-budget', '20uW');
  assert.equal(unit.result.code, 2);
  assert.match(unit.result.err, /--energy-budget: "20uW"/);
  const baseline = search(folder, '--compare', 'acuracy');
  assert.equal(baseline.result.code, 2);
  assert.match(baseline.result.err, /accuracy, flops, latency, random/);
});

test('layers with widths of their own are searched, by another reward', (t) => {
  const folder = temporaryFolder(t);
  const space = write(folder, 'layers.json', JSON.stringify({
    format: 'tabjoule-space', version: 1, name: 'layers', family: 'mlp',
    decisions: [{ name: 'depth', choices: [1, 2, 3] }, { name: 'width', choices: [8, 16, 32], per_layer: true }],
  }));
  const { result, run } = search(folder, '--space', space, '--reward', 'absolute', '--energy-weight', '0.05', '--compare', 'none');
  assert.equal(result.code, 0, result.err);
  const record = readRecord(run);
  assert.equal(record.spaces[0].architectures, 3 + 9 + 27);
  assert.equal(record.architectures_scored, 39, 'a small space is scored as a whole');
  assert.deepEqual(record.reward, { name: 'absolute', energy_weight: 0.05 });
  for (const { architecture } of record.pareto)
    assert.deepEqual(Object.keys(architecture), ['space', 'depth', 'width1', 'width2', 'width3'].slice(0, 2 + architecture.depth));
  const share = search(temporaryFolder(t), '--space', space, '--reward', 'multiplicative', '--energy-weight', '1');
  assert.equal(share.result.code, 2);
  assert.match(share.result.err, /--energy-weight 1: with --reward multiplicative/);
});
