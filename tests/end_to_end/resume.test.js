// A search that is killed goes on where it was, and ends as if it had never been killed; one that is interrupted, or
// has no more time, ends with the best so far.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { tabjoule, temporaryFolder, write, smallSpace, mixedRows, csv } = require('./program.js');
const { readRecord } = require('./record.js');

const columns = ['size', 'kind', 'flag', 'day', 'outcome'];

/** Arguments of a small search on a simulated device, in `folder`, without --out. */
function request(folder, effort = '0.01') {
  const data = write(folder, 'table.csv', csv(mixedRows(900), columns));
  const tokens = write(folder, 'tokens.json', JSON.stringify({
    format: 'tabjoule-space', version: 1, name: 'tokens', family: 'ft',
    decisions: [{ name: 'depth', choices: [1, 2] }, { name: 'width', choices: [8, 16] }, { name: 'heads', choices: [1, 2] },
      { name: 'ffn_sixths', choices: [8] }],
  }));
  return ['search', '--data', data, '--target', 'outcome', '--space', smallSpace(folder), tokens, '--effort', effort, '--seed', '3',
    '--device', 'sim:jetson-agx-orin', '--batch', '32', '--compare', 'accuracy,random', '--threads', '1'];
}

/** Starts the program and calls `watch` every few milliseconds with it, until it ends; its exit. */
function run(args, watch) {
  return new Promise((resolve) => {
    const child = spawn(process.env.TABJOULE, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let err = '';
    child.stderr.on('data', (text) => { err += text; });
    child.stdout.resume();
    const timer = setInterval(() => watch(child), 5);
    child.on('close', (code, signal) => {
      clearInterval(timer);
      resolve({ code, signal, err });
    });
  });
}

/** All of a record that may not depend on when and how often the run was begun. */
function lasting(record) {
  const { created, timing, command, ...rest } = record;
  return rest;
}

test('killed at several moments and resumed, a run ends with the same record', async (t) => {
  const folder = temporaryFolder(t);
  const args = [...request(folder), '--teacher'];
  const whole = path.join(folder, 'whole');
  const once = tabjoule(...args, '--out', whole);
  assert.equal(once.code, 0, once.err);
  const { teacher, rows } = readRecord(whole);
  assert.equal(teacher.rows, 9 * rows.train);
  assert.ok(teacher.score_test > 0.8, `${teacher.score_test}`);

  const killed = path.join(folder, 'killed');
  const checkpoint = path.join(killed, 'checkpoint');
  const moments = ['scaling.json', 'phase-profile.json', 'teacher.json', 'supernet-0.bin', 'phase-supernet.json', 'phase-search.json', /^network-/,
    'phase-train.json'];
  for (const moment of moments) {
    const reached = () => fs.existsSync(checkpoint) &&
      fs.readdirSync(checkpoint).some((name) => (moment instanceof RegExp ? moment.test(name) : name === moment));
    const end = await run([...args, '--out', killed, '--resume'], (child) => { if (reached()) child.kill('SIGKILL'); });
    assert.ok(end.signal === 'SIGKILL' || end.code === 0, `${moment}: ${end.err}`);
    if (end.code === 0) break;  // it was quicker than we
  }
  if (!fs.existsSync(path.join(killed, 'run.json'))) {
    const last = tabjoule(...args, '--out', killed, '--resume');
    assert.equal(last.code, 0, last.err);
  }
  assert.deepEqual(lasting(readRecord(killed)), lasting(readRecord(whole)));
  for (const file of ['model.onnx', 'pipeline.onnx', 'model.json'])
    assert.ok(fs.readFileSync(path.join(killed, file)).equals(fs.readFileSync(path.join(whole, file))), file);
});

test('an unfinished run is not written over unasked, nor resumed with other flags', async (t) => {
  const folder = temporaryFolder(t);
  const args = request(folder);
  const out = path.join(folder, 'run');
  const reached = path.join(out, 'checkpoint', 'phase-profile.json');
  const end = await run([...args, '--out', out], (child) => { if (fs.existsSync(reached)) child.kill('SIGKILL'); });
  assert.equal(end.signal, 'SIGKILL', end.err);
  const again = tabjoule(...args, '--out', out);
  assert.equal(again.code, 2);
  assert.match(again.err, /--resume/);
  const other = tabjoule(...args, '--energy-weight', '0.5', '--out', out, '--resume');
  assert.equal(other.code, 3);
  assert.match(other.err, /energy weight/);
  const nowhere = tabjoule(...args, '--resume');
  assert.equal(nowhere.code, 2);
});

test('Ctrl-C finishes the best so far', async (t) => {
  const folder = temporaryFolder(t);
  const args = request(folder, '5');
  const out = path.join(folder, 'run');
  const reached = path.join(out, 'checkpoint', 'supernet-plans.json');
  let sent = false;
  const end = await run([...args, '--out', out], (child) => {
    if (sent || !fs.existsSync(reached)) return;
    sent = true;
    child.kill('SIGINT');
  });
  assert.equal(end.code, 0, end.err);
  assert.match(end.err, /interrupted: finishing with the best so far/);
  const record = readRecord(out);
  assert.equal(record.stopped_early, 'interrupted');
  assert.ok(fs.existsSync(path.join(out, 'pipeline.onnx')));
});

test('a time budget cuts the work short and still leaves an answer', (t) => {
  const folder = temporaryFolder(t);
  const out = path.join(folder, 'run');
  const result = tabjoule(...request(folder, '20'), '--time-budget', '0.2s', '--out', out);
  assert.equal(result.code, 0, result.err);
  const record = readRecord(out);
  assert.equal(record.stopped_early, 'time budget');
  assert.ok(record.chosen.trained);
});
