// A comparison over tables: whole, in pieces, killed; what its files hold, and the page in a headless Chromium.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { tabjoule, temporaryFolder, write, smallSpace, mixedRows, csv } = require('./program.js');
const { Browser, findChromium } = require('./browser.js');

const columns = ['size', 'kind', 'flag', 'day'];

function suiteIn(folder, more = {}) {
  smallSpace(folder);
  write(folder, 'a.csv', csv(mixedRows(500), [...columns, 'outcome']));
  write(folder, 'b.csv', csv(mixedRows(500, 2), [...columns, 'value']));
  return write(folder, 'suite.json', JSON.stringify({
    format: 'tabjoule-suite', version: 1, name: 'two tables', spaces: ['small.json'], devices: ['sim:jetson-agx-orin'],
    batches: [1, 64], effort: 0.01, train_points: 2,
    tables: [{ name: 'a', data: 'a.csv', target: 'outcome' }, { name: 'b', data: 'b.csv', target: 'value', task: 'regression' }],
    ...more,
  }));
}

/** Rows of results.parquet, by the program's own reader of Parquet files. */
function rowsOf(out) {
  const html = fs.readFileSync(path.join(out, 'paper.html'), 'utf8');
  return JSON.parse(html.match(/<script type="application\/json" id="data">(.*?)<\/script>/s)[1]).rows;
}

/** What may not depend on when, and in how many pieces, a suite was run. */
function lasting(rows) {
  return rows.filter(({ space }) => space !== 'xgboost')
    .map(({ created, search_time_s, search_energy_estimated_j, ...rest }) => rest)
    .sort((a, b) => `${a.key}${a.choice}`.localeCompare(`${b.key}${b.choice}`));
}

function bench(suite, out, ...more) {
  const result = tabjoule('bench', suite, '--out', out, '--threads', '1', '--json', ...more);
  assert.equal(result.code, 0, result.err);
  return JSON.parse(result.out);
}

test('a suite in one piece, in single searches and killed comes to the same rows', async (t) => {
  const folder = temporaryFolder(t);
  const suite = suiteIn(folder);
  const cache = process.env.TABJOULE_CACHE;
  t.after(() => { process.env.TABJOULE_CACHE = cache; });
  process.env.TABJOULE_CACHE = path.join(folder, 'cache of the whole');  // a device that is known already is predicted otherwise
  const whole = bench(suite, path.join(folder, 'whole'));
  assert.equal(whole.searches, 4);
  assert.equal(whole.searches_done, 4);
  assert.ok(whole.savings.energy.saving_fraction.median > -1);
  assert.equal(whole.tables.length, 2);
  assert.ok(whole.tables[0].choices['xgboost tuned'].score_test > 0.7);
  const rows = rowsOf(path.join(folder, 'whole'));
  assert.equal(rows.filter(({ choice }) => choice === 'energy').length, 4);
  assert.equal(rows.filter(({ choice }) => choice === 'xgboost').length, 4);
  assert.ok(rows.every((row) => row.space === 'xgboost' || row.energy_source === 'simulated'));
  assert.ok(fs.existsSync(path.join(folder, 'whole', 'summary.json')));

  const pieces = path.join(folder, 'pieces');
  process.env.TABJOULE_CACHE = path.join(folder, 'cache of the pieces');
  assert.equal(bench(suite, pieces, '--tables', 'a', '--searches', '1').searches_done, 1);
  await new Promise((resolve) => {
    const child = spawn(process.env.TABJOULE, ['bench', suite, '--out', pieces, '--threads', '1'], { stdio: 'ignore' });
    child.on('close', resolve);
    const timer = setInterval(() => {
      const checkpoint = path.join(pieces, 'runs', 'b-small-0-0.01', 'training', 'checkpoint', 'supernets.json');
      if (!fs.existsSync(checkpoint) && child.exitCode === null) return;
      clearInterval(timer);
      child.kill('SIGKILL');
    }, 2);
  });
  assert.equal(bench(suite, pieces).searches_done, 4);
  assert.deepEqual(lasting(rowsOf(pieces)), lasting(rows));
  const before = fs.statSync(path.join(pieces, 'results.parquet')).mtimeMs;
  assert.equal(bench(suite, pieces).searches_done, 4);
  assert.equal(fs.statSync(path.join(pieces, 'results.parquet')).mtimeMs, before, 'nothing is done twice');

  const added = path.join(folder, 'added');
  fs.mkdirSync(added);
  fs.copyFileSync(path.join(pieces, 'results.parquet'), path.join(added, 'results-elsewhere.parquet'));
  assert.equal(bench(suite, added).searches_done, 4);
  assert.ok(!fs.existsSync(path.join(added, 'results.parquet')), 'another computer has done it');
});

test('a table that cannot be learnt from is told, and the others are searched', (t) => {
  const folder = temporaryFolder(t);
  const suite = suiteIn(folder, { batches: [1], boosting: false });
  write(folder, 'a.csv', 'size,outcome\n1,x\n2,x\n');
  const result = tabjoule('bench', suite, '--out', path.join(folder, 'out'), '--threads', '1');
  assert.equal(result.code, 3);
  assert.match(result.err, /a\/small\/seed 0\/sim:jetson-agx-orin\/batch 1\/effort 0.01: /);
  assert.match(result.out, /1 of 2 searches are done/);
});

test('a search that fails for an internal reason does not end the others, a disk that fails every search does', (t) => {
  const folder = temporaryFolder(t);
  const suite = suiteIn(folder, { batches: [1, 2, 4], boosting: false });
  const out = path.join(folder, 'out');
  fs.mkdirSync(path.join(out, 'runs'), { recursive: true });
  fs.writeFileSync(path.join(out, 'runs', 'a-small-0-0.01'), 'in the way of a folder');
  const one = tabjoule('bench', suite, '--out', out, '--threads', '1');
  assert.equal(one.code, 5, one.err);
  assert.match(one.err, /3 of the suite's parts failed; the first: a\/small/);
  assert.match(one.out, /3 of 6 searches are done/);

  const full = path.join(folder, 'full');
  fs.mkdirSync(full);
  fs.writeFileSync(path.join(full, 'runs'), 'in the way of all folders');
  const many = suiteIn(folder, { batches: [1], seeds: 3, boosting: false });
  const all = tabjoule('bench', many, '--out', full, '--threads', '1');
  assert.equal(all.code, 5, all.err);
  assert.ok(!/of 6 searches are done/.test(all.out), 'it ends at once');
  assert.match(all.err, /^tabjoule: .*a-small-1-/m, 'the third network');
  assert.doesNotMatch(all.err, /b-small-1-/);
});

test('a suite that cannot be run is refused before anything is done', (t) => {
  const folder = temporaryFolder(t);
  const refused = (code, pattern, suite, ...more) => {
    const result = tabjoule('bench', suite, '--out', path.join(folder, 'out'), ...more);
    assert.equal(result.code, code, result.err);
    assert.match(result.err, pattern);
  };
  refused(3, /nowhere\.json/, path.join(folder, 'nowhere.json'));
  refused(3, /"spaces" must name/, suiteIn(folder, { spaces: [] }));
  refused(2, /no such table; did you mean "a"/, suiteIn(folder), '--tables', 'A');
  refused(2, /moon/, suiteIn(folder, { devices: ['moon'] }));
  refused(3, /no such file; --data/, suiteIn(folder), '--data', path.join(folder, 'elsewhere'));
});

test('the suites that ship are read', (t) => {
  const root = path.join(__dirname, '..', '..');
  const data = temporaryFolder(t);  // without the tables: the first one is named, all before it was found good
  for (const name of ['quick.json', 'paper.json'])
    assert.match(tabjoule('bench', path.join(root, 'bench', name), '--out', data, '--data', data).err, /no such file/);
});

test('the page draws its charts without a problem', { skip: findChromium() ? false : 'no Chromium here' }, async (t) => {
  const folder = temporaryFolder(t);
  const out = path.join(folder, 'out');
  bench(suiteIn(folder), out);
  const browser = await Browser.open();
  t.after(() => browser.close());
  const page = await browser.page(path.join(out, 'paper.html'), {});
  assert.deepEqual(page.problems, []);
  assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'));
  for (const chart of ['savings-chart', 'ranks-score', 'ranks-energy', 'predicted-chart'])
    assert.ok(await page.evaluate(`document.querySelector('#${chart} svg, #${chart} figure') !== null`), chart);
});
