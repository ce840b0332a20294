// A headless Chromium, spoken to through its own pipe (the DevTools protocol), for tests and pictures of pages.
'use strict';
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

/** The program's name, null where there is none. */
function findChromium() {
  return ['chromium-headless-shell', 'chromium', 'google-chrome', 'chrome']
    .find((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0) ?? null;
}

class Browser {
  static async open() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tabjoule-browser-'));
    const child = spawn(findChromium(), ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--remote-debugging-pipe',
      `--user-data-dir=${folder}`], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    return new Browser(child, folder);
  }

  constructor(child, folder) {
    this.child = child;
    this.folder = folder;
    this.calls = new Map();
    this.listeners = new Set();
    this.next = 0;
    let rest = '';
    child.stdio[4].setEncoding('utf8').on('data', (text) => {
      const messages = (rest + text).split('\0');
      rest = messages.pop();
      for (const message of messages) this.receive(JSON.parse(message));
    });
    child.on('exit', () => {
      for (const { reject } of this.calls.values()) reject(new Error('the browser ended'));
    });
  }

  receive({ id, result, error, method, params, sessionId }) {
    if (id === undefined) {
      for (const listen of this.listeners) listen(method, params, sessionId);
      return;
    }
    const { resolve, reject } = this.calls.get(id);
    this.calls.delete(id);
    if (error) reject(new Error(error.message));
    else resolve(result);
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.next;
    this.child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.calls.set(id, { resolve, reject }));
  }

  async close() {
    await this.send('Browser.close').catch(() => {});
    if (this.child.exitCode === null) await new Promise((resolve) => this.child.once('exit', resolve));
    fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** A page of its own. options: width, height, dark, mobile, scripts (false: without), scale. */
  async page(file, options = {}) {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page(this, sessionId, targetId);
    await page.load(file, { width: 1280, height: 800, dark: false, mobile: false, scripts: true, scale: 1, ...options });
    return page;
  }
}

class Page {
  constructor(browser, session, target) {
    this.browser = browser;
    this.session = session;
    this.target = target;
    this.problems = [];  // console errors, exceptions, broken rules of the content policy
    this.requests = [];
    browser.listeners.add((method, params, from) => {
      if (from === session) this.hear(method, params);
    });
  }

  hear(method, params) {
    if (method === 'Runtime.exceptionThrown') this.problems.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    if (method === 'Runtime.consoleAPICalled' && ['error', 'warning', 'assert'].includes(params.type))
      this.problems.push(params.args.map((arg) => arg.value ?? arg.description).join(' '));
    if (method === 'Log.entryAdded' && ['error', 'warning'].includes(params.entry.level)) this.problems.push(params.entry.text);
    if (method === 'Network.requestWillBeSent') this.requests.push(params.request.url);
    if (method === 'Page.loadEventFired') this.loaded?.();
  }

  send(method, params) {
    return this.browser.send(method, params, this.session);
  }

  async load(file, { width, height, dark, mobile, scripts, scale }) {
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await this.send(`${domain}.enable`);
    await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: scale, mobile });
    await this.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }] });
    await this.send('Emulation.setScriptExecutionDisabled', { value: !scripts });
    const loaded = new Promise((resolve) => { this.loaded = resolve; });
    await this.send('Page.navigate', { url: pathToFileURL(file).href });
    await loaded;
    if (scripts) await this.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))');
  }

  async evaluate(expression) {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  async press(key, code = key) {
    for (const type of ['keyDown', 'keyUp']) await this.send('Input.dispatchKeyEvent', { type, key, code, windowsVirtualKeyCode: { Enter: 13, Tab: 9, ArrowRight: 39, ArrowLeft: 37, End: 35, Home: 36 }[key] });
  }

  /** A click in the middle of an element. */
  async click(selector) {
    const { x, y } = await this.evaluate(`(() => { const e = document.querySelector(${JSON.stringify(selector)}); e.scrollIntoView({ block: 'center' });
      const r = e.getBoundingClientRect(); return { x: r.x + r.width / 2, y: r.y + r.height / 2 }; })()`);
    for (const type of ['mousePressed', 'mouseReleased']) await this.send('Input.dispatchMouseEvent', { type, x, y, button: 'left', clickCount: 1 });
  }

  /** PNG bytes; of the whole page, or of the first `height` pixels. */
  async screenshot(height = null) {
    const { cssContentSize: size } = await this.send('Page.getLayoutMetrics');
    const { data } = await this.send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true,
      clip: { x: 0, y: 0, width: size.width, height: height ?? size.height, scale: 1 } });
    return Buffer.from(data, 'base64');
  }

  async pdf() {
    const { data } = await this.send('Page.printToPDF', { printBackground: true, preferCSSPageSize: true, paperWidth: 8.27, paperHeight: 11.69 });
    return Buffer.from(data, 'base64');
  }
}

module.exports = { Browser, findChromium };
