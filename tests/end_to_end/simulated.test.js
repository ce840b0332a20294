// Simulated devices through the whole program: measure, predict and search without a GPU, labelled as simulated.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { tabjoule, temporaryFolder, write, smallSpace, mixedRows, csv, readJson } = require('./program.js');

test('devices lists the simulated ones', () => {
  const result = tabjoule('devices', '--json');
  assert.equal(result.code, 0, result.err);
  const names = JSON.parse(result.out).devices.map((device) => device.name);
  for (const name of ['cpu', 'sim:a100', 'sim:jetson-agx-orin', 'sim:rtx-3090']) assert.ok(names.includes(name), name);
});

test('an unknown simulated device is a usage error that names those known', () => {
  const result = tabjoule('measure', 'model.onnx', '--device', 'sim:jetson');
  assert.equal(result.code, 2);
  assert.match(result.err, /jetson-agx-orin/);
});

test('a search on a simulated GPU ends with a measured energy near the truth', (t) => {
  const folder = temporaryFolder(t);
  const data = write(folder, 'table.csv', csv(mixedRows(800), ['size', 'kind', 'flag', 'day', 'outcome']));
  const run = path.join(folder, 'run');
  const result = tabjoule('search', '--data', data, '--target', 'outcome', '--space', smallSpace(folder), '--effort', '0.02',
    '--device', 'sim:jetson-agx-orin', '--batch', '64', '--out', run);
  assert.equal(result.code, 0, result.err);
  const record = readJson(run, 'run.json');
  assert.equal(record.energy_source.kind, 'simulated');
  const { energy_true_j: truth, energy_measured_j: measured, energy_predicted_j: predicted } = record.chosen;
  assert.ok(Math.abs(measured / truth - 1) < 0.02, `measured ${measured}, true ${truth}`);
  assert.ok(Math.abs(predicted / truth - 1) < 0.25, `predicted ${predicted}, true ${truth}`);

  const model = path.join(run, 'model.onnx');
  for (const command of ['measure', 'predict']) {
    const one = tabjoule(command, model, '--device', 'sim:jetson-agx-orin', '--batch', '64', '--json');
    assert.equal(one.code, 0, one.err);
    const answer = JSON.parse(one.out);
    assert.equal(answer.source ?? answer.energy_source, 'simulated');
    assert.ok(Math.abs(answer.energy_j / truth - 1) < 0.25, `${command} ${answer.energy_j}, true ${truth}`);
    if (command === 'predict') {
      const sum = answer.kernels.reduce((total, kernel) => total + kernel.energy_per_batch_j, 0);
      assert.ok(Math.abs(sum / answer.energy_per_batch_j - 1) < 0.1, `kernels ${sum}, model ${answer.energy_per_batch_j}`);
    }
  }

  // The sensor's noise follows the seed.
  const withSeed = (seed) => tabjoule('measure', model, '--device', 'sim:jetson-agx-orin', '--seed', seed, '--json').out;
  assert.equal(withSeed('7'), withSeed('7'));
  assert.notEqual(JSON.parse(withSeed('7')).energy_j, JSON.parse(withSeed('8')).energy_j);
  const profiled = (seed, name) => {
    const one = tabjoule('profile', '--device', 'sim:rtx-3090', '--no-rules', '--seed', seed,
      '--most-kernels', '12', '--out', path.join(folder, name));
    assert.equal(one.code, 0, one.err);
    return readJson(folder, name).samples;
  };
  const first = profiled('7', 'a.json');
  assert.deepEqual(first, profiled('7', 'b.json'));
  assert.notDeepEqual(first, profiled('8', 'c.json'));
});
