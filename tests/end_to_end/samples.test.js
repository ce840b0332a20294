// Anyone's measured kernels: fit a profile from a table of samples, judge it on others.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { tabjoule, temporaryFolder, write, readJson } = require('./program.js');

/** Linear kernels of a made-up device of 50 GFLOP/s, 20 GB/s and 5 W. */
function samples(count, step) {
  const rows = ['kernel,m,n,k,dtype,time_s,power_w,source'];
  for (let i = 0; i < count; ++i) {
    const m = 1 + ((i * step) % 64), n = 8 * (1 + ((i * 7 * step) % 60)), k = 4 * (1 + ((i * 11 * step) % 90));
    const time = 1e-6 + (2 * m * n * k) / 50e9 + (4 * k * n) / 20e9;
    rows.push(`linear,${m},${n},${k},float16,${time},5,made up`);
  }
  return rows.join('\n') + '\n';
}

function ok(...args) {
  const result = tabjoule(...args);
  assert.equal(result.code, 0, result.err);
  return result.out;
}

test('fit and evaluate print what is documented', (t) => {
  const folder = temporaryFolder(t);
  const profile = path.join(folder, 'profile.json');
  const fitted = JSON.parse(ok('fit', write(folder, 'a.csv', samples(80, 5)), '--out', profile, '--json'));
  assert.equal(fitted.samples, 80);
  assert.equal(readJson(profile).version, 2);
  const judged = JSON.parse(ok('evaluate', profile, write(folder, 'b.csv', samples(60, 13)), '--json'));
  const members = ['rows', 'mape', 'rmspe', 'within_5', 'within_10', 'within_20', 'spearman', 'coverage_90'];
  for (const errors of [judged, judged.time, judged.types['linear float16'], judged.time.types['linear float16']]) {
    for (const member of members) assert.equal(typeof errors[member], 'number', member);
    assert.equal(errors.rows, 60);
    assert.ok(errors.mape < 0.03, `mape ${errors.mape}`);
    assert.ok(errors.spearman > 0.99);
    assert.ok(errors.constant.mape > 10 * errors.mape);
    assert.ok(errors.flops.mape > errors.mape && errors.flops.spearman <= 1);
  }
  assert.match(ok('evaluate', profile, path.join(folder, 'b.csv')), /MAPE/);
});

test('bad samples end with 3 and name file and row', (t) => {
  const folder = temporaryFolder(t);
  const out = path.join(folder, 'p.json');
  const known = path.join(folder, 'known.json');
  ok('fit', write(folder, 'known.csv', samples(30, 5)), '--out', known);
  const refusedBy = (args, pattern) => {
    const result = tabjoule(...args);
    assert.equal(result.code, 3, `${args[0]}: ${result.err}`);
    assert.match(result.err, pattern);
    assert.equal(result.err.trim().split('\n').length, 1);
  };
  const refused = (text, pattern) => {
    const file = write(folder, 's.csv', text);
    refusedBy(['fit', file, '--out', out], pattern);
    refusedBy(['evaluate', known, file], pattern);
    refusedBy(['adapt', known, file, '--out', out], pattern);
  };
  const head = 'kernel,m,n,k,time_s,energy_j\nlinear,1,2,3,1,1\n';
  refused(head + 'linear,1,2,3,0,1\n', /s\.csv: row 2: time_s is 0/);
  refused(head + 'linear,1,2,3,NaN,\n', /row 2: neither/);
  refused(head + 'conv,1,2,3,1,1\n', /row 2: there is no column "batch"/);
  refused(head + 'linear,1,2,3,-1,1\n', /row 2: time_s is -1/);
  refused(head + 'linear,1,2,3,1,-2\n', /row 2: energy_j is -2/);
  refused(head + 'linear,1,2,3,1,inf\n', /s\.csv: row 2: energy_j is infinite/);
  refused(head + 'linear,1,2,3,1,1e999\n', /row 2: energy_j is infinite/);
  refused(head + 'linear,1,2,3,slow,1\n', /s\.csv: row 2: time_s is "slow"/);
  refused(head + 'linear,1,2,3\n', /s\.csv: row 2 \(line 3\) has 4 fields/);
  refused('kernel,m,n,time_s\nlinear,1,2,1\n', /row 1: there is no column "k"/);
  refused('m,n,k,time_s\n1,2,3,1\n', /s\.csv: there is no column "kernel"/);
  refused('kernel,m,n,k,time_s,energy_j\n', /s\.csv: the table has no rows/);
  refused('', /s\.csv: the file is empty/);
  const one = write(folder, 'one.csv', head);
  refusedBy(['fit', one, '--out', out], /csv: the profile has 1 samples, no kernel type has the 5/);
  refusedBy(['adapt', known, one, '--out', out], /one\.csv: linear: 1 samples, at least 3/);
  ok('evaluate', known, one);
});

test('rows that say the same twice change nothing, contradicting ones widen the error', (t) => {
  const folder = temporaryFolder(t);
  const mape = (name, text) =>
    JSON.parse(ok('fit', write(folder, name, text), '--out', path.join(folder, 'p.json'), '--json')).mape;
  const once = samples(40, 5), rows = once.split('\n').slice(1).join('\n');
  const alone = mape('once.csv', once);
  assert.ok(Math.abs(mape('twice.csv', once + rows) - alone) < 0.02);
  assert.ok(mape('contradicting.csv', once + rows.replaceAll(',5,made up', ',10,made up')) > 0.2);
});
