// What goes wrong is said in one line that names what is wrong, with the exit code that scripts rely on.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { tabjoule, temporaryFolder, write, mixedRows, csv } = require('./program.js');

const kUsage = 2, kInput = 3, kDevice = 4, kOther = 5;

function refused(code, pattern, ...args) {
  const result = tabjoule(...args);
  assert.equal(result.code, code, `${args.join(' ')}\n${result.err}`);
  const lines = result.err.trim().split('\n').filter((line) => !line.startsWith('note: '));
  assert.equal(lines.length, 1, `one line: ${result.err}`);
  assert.match(lines[0], pattern);
  assert.ok(lines[0].startsWith('tabjoule: '));
  assert.equal(result.out, '');
}

const header = ['size', 'kind', 'flag', 'day', 'outcome', 'value'];

test('wrong usage ends with 2', (t) => {
  const folder = temporaryFolder(t);
  const data = write(folder, 'ok.csv', csv(mixedRows(100), header));
  refused(kUsage, /subcommand/, );
  refused(kUsage, /--target is required/, 'search', '--data', data);
  refused(kUsage, /--nonsense/, 'search', '--data', data, '--target', 'outcome', '--nonsense');
  refused(kUsage, /--task/, 'search', '--data', data, '--target', 'outcome', '--task', 'ranking');
  refused(kUsage, /neither a built-in space/, 'search', '--data', data, '--target', 'outcome', '--space', 'cnn');
  refused(kUsage, /"acuracy" is not a metric.*did you mean "accuracy"/, 'search', '--data', data, '--target', 'outcome',
    '--metric', 'acuracy', '--out', path.join(folder, 'a'));
  refused(kUsage, /"toaster" is not known/, 'search', '--data', data, '--target', 'outcome', '--device', 'toaster');
  refused(kUsage, /--batch/, 'measure', 'x.onnx', '--batch', '0');
});

test('bad tables end with 3 and name file, row and column', (t) => {
  const folder = temporaryFolder(t);
  const search = (file, target = 'y') => ['search', '--data', file, '--target', target, '--out', path.join(folder, 'run')];
  refused(kInput, /nowhere\.csv/, ...search(path.join(folder, 'nowhere.csv')));
  refused(kInput, /no target column "outcom".*did you mean "outcome"/, ...search(write(folder, 'ok.csv', csv(mixedRows(100), header)), 'outcom'));
  refused(kInput, /empty\.csv/, ...search(write(folder, 'empty.csv', '')));
  refused(kInput, /header\.csv/, ...search(write(folder, 'header.csv', 'x,y\n')));
  refused(kInput, /one\.csv: /, ...search(write(folder, 'one.csv', 'x,y\n1,2\n')));
  const many = Array.from({ length: 50 }, (_, i) => `${i % 7},a`).join('\n');
  refused(kInput, /one class|only.*class/, ...search(write(folder, 'class.csv', `x,y\n${many}\n`)));
  const damaged = Array.from({ length: 50 }, (_, i) => (i === 20 ? '1,2' : `${i % 7},${i % 3},${i % 2 ? 'a' : 'b'}`)).join('\n');
  refused(kInput, /damaged\.csv.*(row|line) 2[0-9]/, ...search(write(folder, 'damaged.csv', `x,z,y\n${damaged}\n`)));
  const arff = '@relation r\n@attribute x numeric\n@attribute y {a,b}\n@data\n1,a\n2,b\n3,';
  refused(kInput, /cut\.arff.*(row|line)/, ...search(write(folder, 'cut.arff', arff)));
  refused(kInput, /folder|directory/, ...search(folder));
  refused(kInput, /./, ...search('SELECT nonsense FROM nowhere'));
  const useless = Array.from({ length: 50 }, (_, i) => `1,${i % 2 ? 'a' : 'b'}`).join('\n');
  refused(kInput, /no feature|nothing is left|column/, ...search(write(folder, 'useless.csv', `x,y\n${useless}\n`)));
});

test('odd but usable tables are searched, with a notice', (t) => {
  const folder = temporaryFolder(t);
  const rows = Array.from({ length: 120 }, (_, i) => {
    const x = i === 5 ? 'inf' : i === 6 ? 'NaN' : i === 7 ? '' : String((i * 37) % 50);
    const mixed = i % 40 === 3 ? 'text' : String(i % 9);
    return `${x},${mixed},,${i === 0 ? 'rare' : (i * 37) % 50 > 25 ? 'a' : 'b'}`;
  });
  const data = write(folder, 'odd.csv', `x,mixed,nothing,y\n${rows.join('\n')}\n`);
  const result = tabjoule('search', '--data', data, '--target', 'y', '--effort', '0.001', '--out', path.join(folder, 'run'));
  assert.equal(result.code, 0, result.err);
  assert.match(result.err, /note: .*"nothing"/);
  assert.match(result.err, /note: .*(infinite|inf)/i);
});

test('other files that are not what they should be', (t) => {
  const folder = temporaryFolder(t);
  refused(kInput, /x\.onnx/, 'measure', path.join(folder, 'x.onnx'));
  refused(kInput, /bad\.onnx/, 'measure', write(folder, 'bad.onnx', 'not a model'));
  refused(kInput, /bad\.onnx/, 'predict', path.join(folder, 'bad.onnx'));
  refused(kInput, /not a run directory/, 'apply', folder, '--data', 'x.csv');
  refused(kInput, /not a run directory/, 'report', folder);
  const space = write(folder, 'space.json', '{"format": "tabjoule-space", "version": 9}');
  refused(kInput, /space\.json.*version 9/, 'search', '--data', write(folder, 'ok.csv', csv(mixedRows(100), header)),
    '--target', 'outcome', '--space', space);
});

test('a device that is not here ends with 4', (t) => {
  const folder = temporaryFolder(t);
  const data = write(folder, 'ok.csv', csv(mixedRows(100), header));
  refused(kDevice, /cuda/, 'search', '--data', data, '--target', 'outcome', '--device', 'cuda:0', '--out', path.join(folder, 'r'));
});

test('a run directory that cannot be made ends with 5', (t) => {
  const folder = temporaryFolder(t);
  const data = write(folder, 'ok.csv', csv(mixedRows(100), header));
  refused(kOther, /cannot be made/, 'search', '--data', data, '--target', 'outcome', '--out', path.join(data, 'below-a-file'));
});

test('help and version are there', () => {
  assert.match(tabjoule('--version').out, /^tabjoule \d+\.\d+\.\d+$/m);
  for (const command of ['search', 'train', 'apply', 'predict', 'measure', 'devices', 'report']) {
    const help = tabjoule(command, '--help');
    assert.equal(help.code, 0);
    assert.match(help.out, /--json/);
  }
  const devices = tabjoule('devices', '--json');
  assert.equal(devices.code, 0, devices.err);
  const { devices: list, sensors } = JSON.parse(devices.out);
  assert.equal(list[0].name, 'cpu');
  assert.ok(sensors.length >= 2);
});
