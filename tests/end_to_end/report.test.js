// report.html: what it holds for a reader without scripts, and in a headless Chromium what the scripts make of it.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { tabjoule, temporaryFolder, write } = require('./program.js');
const { problems } = require('./schema.js');
const { schema } = require('./record.js');
const { largeRun, hostileRun, bareRun } = require('./report_run.js');
const { Browser, findChromium } = require('./browser.js');

/** The path of the report of a record. */
function reportOf(folder, record, ...more) {
  write(folder, 'run.json', JSON.stringify(record));
  const result = tabjoule('report', folder, ...more);
  assert.equal(result.code, 0, result.err);
  return path.join(folder, 'report.html');
}

const chromium = { skip: findChromium() ? false : 'no Chromium here (scripts/setup installs chromium-headless-shell)' };

/** Opens the report in a page; the page's problems must stay none. */
async function opened(t, record, options = {}) {
  const file = reportOf(temporaryFolder(t), record);
  const browser = await Browser.open();
  t.after(() => browser.close());
  return browser.page(file, options);
}

test('the made-up records of these tests are as a run writes them', () => {
  assert.deepEqual(problems(schema, largeRun()), []);
});

test('the page holds the record as it is and asks the network for nothing', (t) => {
  for (const record of [largeRun(), hostileRun(), bareRun()]) {
    const html = fs.readFileSync(reportOf(temporaryFolder(t), record), 'utf8');
    const data = html.match(/<script type="application\/json" id="data">(.*?)<\/script>/s)[1];
    assert.deepEqual(JSON.parse(data), record);
    assert.doesNotMatch(html.replaceAll(/<script>.*?<\/script>/gs, ''), /(src|href)="(?!#|data:)|url\(|@import/);
    assert.match(html, /Content-Security-Policy" content="default-src 'none'/);
  }
});

test('a teacher is told beside its student', (t) => {
  const record = largeRun();
  assert.match(fs.readFileSync(reportOf(temporaryFolder(t), record), 'utf8'), /0\.8722 of the teacher it learnt from/);
  record.teacher = null;
  assert.doesNotMatch(fs.readFileSync(reportOf(temporaryFolder(t), record), 'utf8'), /of the teacher/);
});

test('text from tables and flags stays text', (t) => {
  const html = fs.readFileSync(reportOf(temporaryFolder(t), hostileRun()), 'utf8');
  assert.ok(!html.includes('<img'));
  assert.equal(html.match(/<script/g).length, html.match(/<\/script>/g).length);
});

test('the grid intensity is the one asked for, and the answer says so', (t) => {
  const folder = temporaryFolder(t);
  const record = largeRun();
  record.chosen.energy_measured_j = 3.6e-3;  // a million predictions: 1e-3 kWh
  assert.match(fs.readFileSync(reportOf(folder, record), 'utf8'), /480\u00a0mg of CO<sub>2<\/sub>e at 480 g a kWh/);
  assert.match(fs.readFileSync(reportOf(folder, record, '--grid-intensity', '32'), 'utf8'), /32\.0\u00a0mg of CO<sub>2<\/sub>e at 32 g a kWh/);
  const result = tabjoule('report', folder, '--grid-intensity', '50', '--json');
  assert.deepEqual(JSON.parse(result.out), { report: path.join(folder, 'report.html'), grid_g_per_kwh: 50 });
  assert.equal(tabjoule('report', folder, '--grid-intensity', '-1').code, 2);
});

test('--open hands the page to the desktop, and says so where that fails', (t) => {
  const folder = temporaryFolder(t);
  const fake = (text) => fs.chmodSync(write(folder, 'xdg-open', `#!/bin/sh\n${text}\n`), 0o755);
  const before = process.env.PATH;
  process.env.PATH = `${folder}:${before}`;
  t.after(() => { process.env.PATH = before; });
  fake(`echo "$1" >'${folder}/opened'`);
  const page = reportOf(folder, largeRun(), '--open');
  assert.equal(fs.readFileSync(path.join(folder, 'opened'), 'utf8'), `${page}\n`);
  fake('exit 3');
  const failed = tabjoule('report', folder, '--open');
  assert.equal(failed.code, 4);
  assert.match(failed.err, /report\.html is written, but xdg-open could not open it/);
});

test('what is no run directory is refused by name', (t) => {
  const folder = temporaryFolder(t);
  const absent = tabjoule('report', folder);
  assert.equal(absent.code, 3);
  assert.match(absent.err, /run\.json/);
  write(folder, 'run.json', JSON.stringify({ ...largeRun(), version: 99 }));
  const newer = tabjoule('report', folder);
  assert.equal(newer.code, 3);
  assert.match(newer.err, /run\.json: version 99/);
});

test('it opens without a complaint, in every light and width, and nothing is wider than the screen', chromium, async (t) => {
  for (const [record, options] of [[largeRun(), {}], [largeRun(), { dark: true }], [largeRun(), { width: 390, height: 844, mobile: true }],
    [hostileRun(), { width: 390, height: 844, mobile: true }], [bareRun(), { width: 390, height: 844, mobile: true }], [largeRun(), { scripts: false, width: 390, height: 844 }]]) {
    const page = await opened(t, record, options);
    assert.deepEqual(page.problems, []);
    assert.equal(page.requests.length, 1, page.requests.join(' '));
    assert.ok(options.scripts === false || await page.evaluate('document.documentElement.scrollWidth <= innerWidth'));
    assert.ok((await page.screenshot()).length > 20000);
  }
});

test('a point opens its network, by mouse and by keyboard', chromium, async (t) => {
  const page = await opened(t, largeRun());
  const shown = () => page.evaluate("[document.querySelector('#network h3').textContent, ...[...document.querySelectorAll('#network .chips b')].map((b) => b.textContent)].join(' ')");
  const count = await page.evaluate("document.querySelectorAll('#front-chart .hit').length");
  assert.equal(count, 27);
  assert.equal(await shown(), 'mlp 3 72');
  await page.click('#front-chart [data-network="ft depth=2 width=64 heads=4 ffn_sixths=12"]');
  assert.equal(await shown(), 'ft 2 64 4 12');
  assert.ok(await page.evaluate("document.querySelectorAll('#network details').length >= 3"), 'blocks of layers open');
  assert.equal(await page.evaluate("document.querySelectorAll('#front-chart .hit[tabindex=\"0\"]').length"), 1, 'one stop for the Tab key');
  await page.evaluate("document.querySelector('#front-chart .hit[tabindex=\"0\"]').focus()");
  await page.press('Home');
  assert.equal(await shown(), 'mlp 1 8');
  await page.press('ArrowRight');
  assert.equal(await shown(), 'mlp 2 16');
  await page.click('.segments button:last-child');
  assert.equal(await page.evaluate("document.querySelectorAll('#front-chart .hit').length"), 8, 'only trained networks have a test score');
  assert.deepEqual(page.problems, []);
});

test('the theme switch and the copy button work', chromium, async (t) => {
  const page = await opened(t, largeRun());
  const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
  const light = await ground();
  await page.click('#theme');
  assert.equal(await ground(), light);
  await page.click('#theme');
  assert.notEqual(await ground(), light);
  await page.evaluate("navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }");
  await page.click('button[data-copy]');
  assert.equal(await page.evaluate('window.copied'), await page.evaluate("document.getElementById('command').textContent"));
  assert.match(await page.evaluate('window.copied'), /^tabjoule search --data 'SELECT \* FROM/);
});

test('on paper every chart is there', chromium, async (t) => {
  const page = await opened(t, largeRun());
  await page.evaluate("addEventListener('beforeprint', () => { window.onPaper = [...document.querySelectorAll('.chart svg')].map((svg) => svg.getAttribute('width')); })");
  assert.equal((await page.pdf()).subarray(0, 5).toString(), '%PDF-');
  assert.deepEqual(await page.evaluate('window.onPaper'), ['640', '330', '330', '330', '330', '330']);
  assert.ok(Number(await page.evaluate("document.querySelector('.chart svg').getAttribute('width')")) < 640, 'drawn for the screen again');
});
