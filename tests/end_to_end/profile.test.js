// `tabjoule profile`: a device measured from a space or from models, stopped at any moment and gone on with.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { tabjoule, temporaryFolder, smallSpace, readJson } = require('./program.js');

const kUsage = 2, kInput = 3, kDevice = 4;

/** Other programs may keep the session's cost from being measured, which is told as such. */
function profiled(...args) {
  for (let left = 2; ; --left) {
    const result = tabjoule(...args);
    if (left === 0 || result.code !== kDevice || !/session cost: .* stop other programs/.test(result.err)) return result;
  }
}

const keyOf = (sample) => JSON.stringify({ ...sample, time_s: 0, energy_j: 0 });

function checkProfile(profile) {
  assert.equal(profile.format, 'tabjoule-profile');
  for (const list of [profile.samples, profile.held_out])
    for (const sample of list) assert.ok(sample.time_s > 0 && sample.energy_j > 0, JSON.stringify(sample));
  const keys = [...profile.samples, ...profile.held_out].map(keyOf);
  assert.equal(new Set(keys).size, keys.length, 'nothing is measured twice, nothing held out is learnt from');
}

test('a space is profiled, judged by kernels held out, and not overwritten', (t) => {
  const folder = temporaryFolder(t);
  const out = path.join(folder, 'cpu.json');
  const args = ['profile', '--device', 'cpu', '--space', smallSpace(folder), '--budget', '300', '--out', out];
  const done = profiled(...args, '--json');
  assert.equal(done.code, 0, done.err);
  const result = JSON.parse(done.out);
  checkProfile(readJson(out));
  assert.ok(result.kernels_measured > 5);
  assert.equal(result.rules, 'onnxruntime-cpu', 'the runtime tells what it executes');
  assert.deepEqual(result.rule_evidence, []);
  assert.ok(readJson(out).samples.some((sample) => sample.kernel === 'linear' && sample.variant === 'relu'));
  assert.ok(result.held_out.rows > 0);
  assert.ok(result.held_out.median > 0 && Number.isFinite(result.held_out.mape) && Number.isFinite(result.held_out.constant.mape));
  assert.ok(result.whole_models > 0);

  const before = fs.readFileSync(out, 'utf8');
  const again = tabjoule(...args);
  assert.equal(again.code, kUsage);
  assert.match(again.err, /--resume/);
  assert.equal(fs.readFileSync(out, 'utf8'), before);

  const resumed = tabjoule(...args, '--resume');
  assert.equal(resumed.code, 0, resumed.err);
  assert.match(resumed.out, /held out/);
  checkProfile(readJson(out));
});

test('kill -9 loses the sample in flight at most, and --resume goes on', async (t) => {
  const folder = temporaryFolder(t);
  const out = path.join(folder, 'cpu.json');
  const args = ['profile', '--device', 'cpu', '--space', smallSpace(folder), '--budget', '300', '--out', out];
  let samples = [];
  let tooNoisy = 0;  // as above
  for (let kill = 0; kill < 3;) {
    const child = spawn(process.env.TABJOULE, [...args, '--resume'], { stdio: 'ignore' });
    const dead = new Promise((resolve) => child.on('exit', resolve));
    const wanted = samples.length + 2 + kill;
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 20 + 7 * kill));
      const now = fs.existsSync(out) ? readJson(out).samples : [];  // never half a file
      if (now.length >= wanted || child.exitCode !== null) break;
    }
    child.kill('SIGKILL');
    await dead;
    if (child.exitCode === kDevice && ++tooNoisy < 5) continue;
    const profile = readJson(out);
    checkProfile(profile);
    // Costs follow the session's, which is measured again.
    assert.deepEqual(profile.samples.slice(0, samples.length).map(keyOf), samples.map(keyOf), 'what was measured stays');
    samples = profile.samples;
    ++kill;
  }
  const done = tabjoule(...args, '--resume', '--json');
  assert.equal(done.code, 0, done.err);  // the session's cost is known by now
  const profile = readJson(out);
  checkProfile(profile);
  assert.deepEqual(profile.samples.slice(0, samples.length).map(keyOf), samples.map(keyOf));
  assert.ok(JSON.parse(done.out).held_out.rows > 0);
});

test('what cannot be profiled is refused in one line', (t) => {
  const folder = temporaryFolder(t);
  const out = path.join(folder, 'x.json');
  const refused = (code, pattern, ...args) => {
    const result = tabjoule('profile', ...args);
    assert.equal(result.code, code, result.err);
    assert.match(result.err, pattern);
    assert.equal(result.err.trim().split('\n').length, 1);
  };
  refused(kUsage, /--out/, '--device', 'cpu');
  refused(kUsage, /cnn/, '--space', 'cnn', '--out', out);
  refused(kUsage, /toaster/, '--device', 'toaster', '--out', out);
  refused(kInput, /nowhere\.onnx/, '--models', path.join(folder, 'nowhere.onnx'), '--out', out);
  fs.writeFileSync(out, '{"format": "something"}');
  refused(kInput, /x\.json/, '--resume', '--out', out);
});
