// What is here and what is missing, as a user reads it: devices, sensors, and runtimes that are installed by half.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { tabjoule, temporaryFolder, write } = require('./program.js');

const devices = (env = {}) => {
  const result = spawnSync(process.env.TABJOULE, ['devices', '--json'],
    { encoding: 'utf8', env: { ...process.env, ...env } });
  assert.equal(result.status, 0, result.stderr);
  return JSON.parse(result.stdout);
};

const hasGpu = devices().devices.some((device) => device.name.startsWith('cuda:'));

test('a device that is not here is listed with what to install', (t) => {
  if (hasGpu) return t.skip('this machine has a GPU that runs');
  const { absent, devices: here } = devices();
  assert.ok(here.some((device) => device.name === 'cpu' && device.sensor));
  for (const name of ['cuda:0', 'tensorrt:0']) {
    const { reason } = absent.find((device) => device.name === name);
    assert.ok(!reason.includes('\n'), reason);
    const asked = tabjoule('measure', 'model.onnx', '--device', name);
    assert.equal(asked.code, 4);
    assert.equal(asked.err.trim(), `tabjoule: ${reason}`);
  }
});

test('a provider without its CUDA libraries names the package that brings them', (t) => {
  if (hasGpu) return t.skip('this machine has a GPU that runs');
  const folder = temporaryFolder(t);
  for (const file of fs.readdirSync(process.env.TABJOULE_FAKE_PROVIDERS))
    fs.symlinkSync(path.join(process.env.TABJOULE_FAKE_PROVIDERS, file), path.join(folder, file));
  fs.symlinkSync(fs.realpathSync(process.env.TABJOULE_ONNXRUNTIME), path.join(folder, 'libonnxruntime.so.1'));
  const { absent } = devices({ LD_LIBRARY_PATH: folder });
  assert.match(absent.find((device) => device.name === 'cuda:0').reason,
    /needs libcublasLt.so.12, which is not here: install NVIDIA's CUDA libraries/);
  assert.match(absent.find((device) => device.name === 'tensorrt:0').reason, /without its TensorRT provider/);
});

test('every sensor says whether it can be read, and why not', () => {
  for (const sensor of devices().sensors) assert.ok(sensor.detail.length > 10, sensor.name);
});

test('wrong names of devices and sensors are usage errors that list the right ones', (t) => {
  const model = write(temporaryFolder(t), 'model.onnx', '');
  const refused = (pattern, ...args) => {
    const result = tabjoule('measure', model, ...args);
    assert.equal(result.code, 2, result.err);
    assert.match(result.err, pattern);
  };
  refused(/did you mean "cuda:0"/, '--device', 'cuda');
  refused(/as cuda:0/, '--device', 'cuda:first');
  refused(/known are nvml-energy/, '--sensor', 'meter');
  refused(/has its own/, '--device', 'sim:a100', '--sensor', 'rapl');
});
