// Real measuring on a GPU, from the flags to the joules: run by scripts/test-gpu, on the devices it names.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { tabjoule, write, smallSpace, mixedRows, csv } = require('../end_to_end/program.js');

const names = process.env.TABJOULE_GPU_DEVICES.split(' ');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tabjoule-gpu-'));
process.env.TABJOULE_CACHE = path.join(folder, 'cache');
test.after(() => fs.rmSync(folder, { recursive: true, force: true }));

const json = (...args) => {
  const result = tabjoule(...args, '--json');
  assert.equal(result.code, 0, `${args.join(' ')}: ${result.err}`);
  return JSON.parse(result.out);
};
const measured = (device, batch, ...more) =>
  json('measure', model(), '--device', device, '--batch', `${batch}`, '--budget', '60', ...more);

/** A small network that was trained; made once. */
let made;
function model() {
  if (made) return made;
  const data = write(folder, 'table.csv', csv(mixedRows(800), ['size', 'kind', 'flag', 'day', 'outcome']));
  const run = path.join(folder, 'run');
  json('search', '--data', data, '--target', 'outcome', '--space', smallSpace(folder), '--effort', '0.02',
    '--device', 'sim:rtx-3090', '--batch', '64', '--out', run);
  made = path.join(run, 'model.onnx');
  return made;
}

for (const name of names) {
  const simulated = name.startsWith('sim:');

  test(`${name}: energy and time of a model, with their conditions`, () => {
    for (const batch of [1, 256]) {
      const m = measured(name, batch);
      assert.equal(m.source, simulated ? 'simulated' : 'measured');
      assert.ok(m.energy_half_width_95_j / m.energy_per_batch_j <= 0.15, 'interval');
      const powerW = m.energy_per_batch_j / m.time_per_batch_s;
      console.log(`${name} batch ${batch}: ${m.energy_per_batch_j} J, ${m.time_per_batch_s} s, ${powerW} W by ${m.sensor}, ` +
        `idle ${m.idle_power_w} W, clock ${m.clock_hz} Hz, ${m.temperature_c} C, ${m.throttling ?? 'not throttled'}`);
      assert.ok(powerW >= 0.9 * m.idle_power_w, `${powerW} W busy, ${m.idle_power_w} W idle`);
      if (m.power_limit_w) assert.ok(powerW <= 1.2 * m.power_limit_w, `${powerW} W of ${m.power_limit_w} W`);
    }
  });

  test(`${name}: twice the same`, () => {
    const [a, b] = [measured(name, 64), measured(name, 64)];
    assert.ok(Math.abs(a.energy_j / b.energy_j - 1) < 0.1, `${a.energy_j} J, then ${b.energy_j} J`);
  });

  test(`${name}: the energy counter agrees with the power`, { skip: simulated }, (t) => {
    const { sensors } = json('devices');
    const nvml = sensors.find((sensor) => sensor.name === 'nvml');
    if (!/energy counter/.test(nvml.detail) || !/instant power/.test(nvml.detail))
      return t.skip(`not both can be read: ${nvml.detail}`);
    const counter = measured(name, 256, '--sensor', 'nvml-energy');
    const power = measured(name, 256, '--sensor', 'nvml-instant');
    console.log(`${name}: counter ${counter.energy_per_batch_j} J, instant power ${power.energy_per_batch_j} J`);
    assert.ok(Math.abs(counter.energy_per_batch_j / power.energy_per_batch_j - 1) < 0.1);
  });

  test(`${name}: predicted near measured, from a profile of its kernels`, () => {
    const profile = json('profile', '--device', name, '--models', model(), '--batch', '64', '--no-rules',
      '--space', smallSpace(folder), '--budget', simulated ? '1500' : '150', '--out', path.join(folder, `${name.replace(':', '-')}.json`));
    assert.ok(profile.kernels_measured >= 6, `${profile.kernels_measured} kernels`);
    const predicted = json('predict', model(), '--device', name, '--batch', '64', '--profile-budget', '150');
    const truth = measured(name, 64);
    console.log(`${name}: predicted ${predicted.energy_j} J, measured ${truth.energy_j} J a row; kernels held out: ` +
      `${(100 * profile.held_out.mape).toFixed(1)} % mean error of ${profile.held_out.rows}`);
    assert.ok(Math.abs(predicted.energy_j / truth.energy_j - 1) < 0.3);
  });
}
