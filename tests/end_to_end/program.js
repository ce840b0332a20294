// Runs the program under test and makes tables for it.
'use strict';
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const program = process.env.TABJOULE;
const shared = process.env.TABJOULE_SHARED;

/** Exit code and both streams of `tabjoule ARGS`. */
function tabjoule(...args) {
  const result = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (result.error) throw result.error;
  return { code: result.status, out: result.stdout, err: result.stderr };
}

/** A folder that goes with the test. */
function temporaryFolder(test) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tabjoule-test-'));
  test.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function write(folder, name, text) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text);
  return file;
}

/** A space of a few small networks: what a test can afford to train. */
function smallSpace(folder) {
  return write(folder, 'small.json', JSON.stringify({
    format: 'tabjoule-space', version: 1, name: 'small', family: 'mlp',
    decisions: [{ name: 'depth', choices: [1, 2, 3] }, { name: 'width', choices: [8, 16, 32, 64, 128, 256] }],
  }));
}

/** Deterministic numbers in [0, 1). */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Rows with a number that may be missing, a category that may be missing, a yes/no column, a date, and a class and a
 * number that follow from them.
 */
function mixedRows(count, seed = 1) {
  const random = generator(seed);
  const kinds = ['red, deep', 'green', 'blue "sky"'];
  const rows = [];
  for (let i = 0; i < count; ++i) {
    const size = random() * 10 - 3;
    const kind = kinds[Math.floor(random() * kinds.length)];
    const flag = random() < 0.4;
    const day = new Date(Date.UTC(1995, 0, 1) + Math.floor(random() * 9000) * 86400000);
    const value = size + (kind === 'green' ? 3 : 0) + (flag ? -2 : 0) + (day.getUTCMonth() < 3 ? 1.5 : 0) + 0.3 * random();
    rows.push({
      size: random() < 0.05 ? null : Number(size.toFixed(4)),
      kind: random() < 0.05 ? null : kind,
      flag,
      day: day.toISOString().slice(0, 10),
      outcome: value > 2 ? 'high' : 'low',
      value: Number(value.toFixed(4)),
    });
  }
  return rows;
}

function cell(value) {
  if (value === null) return '';
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csv(rows, columns) {
  return [columns.map(cell).join(','), ...rows.map((row) => columns.map((c) => cell(row[c])).join(','))].join('\n') + '\n';
}

function readJson(...parts) {
  return JSON.parse(fs.readFileSync(path.join(...parts), 'utf8'));
}

/** Path of a shared table, or a skip that says so. */
function sharedFile(test, ...parts) {
  const file = path.join(shared, ...parts);
  if (fs.existsSync(file)) return file;
  test.skip(`${parts.join('/')} is not on this machine`);
  return null;
}

module.exports = { tabjoule, temporaryFolder, write, smallSpace, mixedRows, csv, readJson, sharedFile };
