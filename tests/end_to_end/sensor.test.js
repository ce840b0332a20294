// From a sensor's trace to joules: calibrate on a step, integrate another window, and say what is wrong with files.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { tabjoule, temporaryFolder, write, readJson } = require('./program.js');

const trueW = (t) => (t >= 2 && t < 5 ? 250 : 60);

/** What a sensor says that averages the last second every 0.1 s, and miscounts by 5 % and 3 W. */
function readings() {
  const lines = ['time_s,power_w'];
  for (let t = 0; t < 8; t += 0.008) {
    const update = Math.floor(t / 0.1 + 1e-9) * 0.1;
    const on = Math.max(0, Math.min(update, 5) - Math.max(update - 1, 2));
    lines.push(`${t.toFixed(4)},${(0.95 * (60 + 190 * on) + 3).toFixed(3)}`);
  }
  return lines.join('\n') + '\n';
}

function meter() {
  const lines = ['time_s,power_w'];
  for (let t = 0; t < 8; t += 0.002) lines.push(`${t.toFixed(4)},${trueW(t)}`);
  return lines.join('\n') + '\n';
}

test('calibrate finds the sensor, energy undoes it', (t) => {
  const folder = temporaryFolder(t);
  const trace = write(folder, 'trace.csv', readings());
  const load = write(folder, 'load.csv', 'time_s,on\n2,1\n5,0\n');
  const truth = write(folder, 'meter.csv', meter());
  const model = path.join(folder, 'model.json');
  const calibrated = tabjoule('sensor', 'calibrate', trace, '--load', load, '--truth', truth, '--out', model);
  assert.equal(calibrated.code, 0, calibrated.err);
  const found = readJson(model);
  assert.equal(found.kind, 'boxcar');
  assert.ok(Math.abs(found.window_s - 1) < 0.03, `${found.window_s}`);
  assert.ok(Math.abs(found.gain - 0.95) < 0.005, `${found.gain}`);

  const energy = (...args) => {
    const result = tabjoule('sensor', 'energy', trace, '--from', '2', '--to', '2.5', '--json', ...args);
    assert.equal(result.code, 0, result.err);
    return JSON.parse(result.out);
  };
  const corrected = energy('--model', model);
  assert.deepEqual(Object.keys(corrected), ['energy_j', 'half_width_95_j', 'samples', 'model']);
  assert.ok(Math.abs(corrected.energy_j - 125) < 4, `${corrected.energy_j}`);
  assert.equal(corrected.model, 'boxcar');
  const raw = energy();
  assert.ok(raw.energy_j < 65, `${raw.energy_j}`);
  assert.equal(raw.model, 'none');

  const unsure = tabjoule('sensor', 'calibrate', trace, '--load', load, '--out', model);
  assert.match(unsure.out, /assumed/);
});

test('sensor says what is wrong', (t) => {
  const folder = temporaryFolder(t);
  const trace = write(folder, 'trace.csv', readings());
  const refused = (code, pattern, ...args) => {
    const result = tabjoule('sensor', ...args);
    assert.equal(result.code, code, result.err);
    assert.match(result.err, pattern);
    assert.equal(result.out, '');
  };
  refused(3, /9 s lies outside the trace/, 'energy', trace, '--from', '1', '--to', '9');
  refused(3, /nowhere/, 'energy', path.join(folder, 'nowhere.csv'), '--from', '1', '--to', '2');
  const bad = write(folder, 'bad.csv', 'time_s,power_w\n0,1\n1,x\n');
  refused(3, /bad\.csv.*line 3/, 'energy', bad, '--from', '0', '--to', '1');
  const load = write(folder, 'load.csv', 'time_s,on\n90,1\n');
  refused(3, /same clock/, 'calibrate', trace, '--load', load, '--out', path.join(folder, 'm.json'));
  refused(2, /rtx-3090/, 'calibrate', trace, '--load', load, '--card', 'rtx-309', '--out', path.join(folder, 'm.json'));
  refused(2, /subcommand/);
});

test('sensor list names every sensor with its state', () => {
  const result = tabjoule('sensor', 'list', '--json');
  assert.equal(result.code, 0, result.err);
  const sensors = JSON.parse(result.out).sensors;
  assert.deepEqual(sensors.map((s) => s.name), ['nvml', 'ina3221', 'rapl', 'hwmon', 'cpu-time']);
  for (const sensor of sensors) assert.ok(sensor.detail.length > 0);
});
