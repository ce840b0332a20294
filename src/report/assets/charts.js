// What charts of every page share: numbers with units, colours of the page, drawing anew when the width changes.
'use strict';

const prefixes = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, ''], [1e-3, 'm'], [1e-6, 'µ'], [1e-9, 'n'], [1e-12, 'p']];

function prefixOf(value) {
  if (value === 0) return [1, ''];
  return prefixes.find(([factor]) => Math.abs(value) >= factor * 0.9995) ?? prefixes.at(-1);
}

/** Decimals that leave `significant` digits of `value`. */
function decimalsFor(value, significant) {
  return value === 0 ? 0 : Math.max(0, significant - 1 - Number(value.toExponential(significant - 1).split('e')[1]));
}

/** "8.50 µJ" */
function quantity(value, unit) {
  const [factor, prefix] = prefixOf(value);
  return `${(value / factor).toFixed(decimalsFor(value / factor, 3))}\u00a0${prefix}${unit}`;
}

/** "10.76 ± 0.24 µJ" */
function withHalfWidth(value, halfWidth, unit) {
  const [factor, prefix] = prefixOf(value);
  const decimals = Math.min(4, decimalsFor(halfWidth / factor, 2));
  return `${(value / factor).toFixed(decimals)} ± ${(halfWidth / factor).toFixed(decimals)}\u00a0${prefix}${unit}`;
}

/** A tick of an axis: as few digits as the value needs. */
function tick(value, unit) {
  const [factor, prefix] = prefixOf(value);
  return `${Number((value / factor).toPrecision(3))}\u00a0${prefix}${unit}`;
}

/** Four significant digits, as the rest of the program shows scores. */
function scoreText(value) {
  const size = Math.abs(value);
  return size >= 1e4 && size < 1e7 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}

const countText = (value) => Number(value).toLocaleString('en');

const metricTitles = { auc: 'AUC', rmse: 'RMSE', mae: 'MAE', f1: 'F1', r2: 'R²' };
const metricTitle = (name) => metricTitles[name] ?? name.replaceAll('_', ' ');

/** The page's colour number `index` of six. */
const colour = (index) => `var(--c${1 + (index % 6)})`;

const sourceLabel = (kind) => make('span', { class: `source ${kind}` }, kind);

/** Plot names each layer of a drawing ("dot", "line"), which says nothing to who hears it: the drawing is one picture. */
function asPicture(drawing) {
  for (const layer of drawing.querySelectorAll('g[aria-label]:not([role])')) {
    layer.removeAttribute('aria-label');
    layer.setAttribute('aria-hidden', 'true');
  }
  if (drawing.tagName === 'svg') drawing.setAttribute('role', drawing.querySelector('[role="button"]') ? 'group' : 'img');
  return drawing;
}

/**
 * Keeps `element` filled with what draw(width in pixels, printing) returns, and draws it anew when its width changes and,
 * `printWidth` pixels wide, for paper. Colours are the page's own variables, so that a change of theme needs no drawing.
 */
function chart(element, draw, { printWidth = 330 } = {}) {
  let drawn = 0;
  const fill = () => {
    const width = Math.floor(element.clientWidth);
    if (width === 0 || Math.abs(width - drawn) < 2) return;
    drawn = width;
    element.replaceChildren(asPicture(draw(width, false)));
  };
  const redraw = () => {
    drawn = 0;
    fill();
  };
  new ResizeObserver(fill).observe(element);
  addEventListener('beforeprint', () => element.replaceChildren(asPicture(draw(printWidth, true))));
  addEventListener('afterprint', redraw);
  fill();
  return { redraw };
}

/** What every chart passes to Plot. */
const plotDefaults = {
  style: { fontSize: '12px', background: 'transparent', fontFamily: 'inherit' },
  marginBottom: 44,
  marginTop: 26,
};

/** Ticks of a logarithmic axis: as many round numbers of each decade as `most` allows. */
function logTicks([low, high], most) {
  const of = (steps) => {
    const ticks = [];
    for (let e = Math.floor(Math.log10(low)) - 1; e <= Math.ceil(Math.log10(high)); ++e)
      for (const step of steps) if (step * 10 ** e >= low * 0.999 && step * 10 ** e <= high * 1.001) ticks.push(step * 10 ** e);
    return ticks;
  };
  for (const steps of [[1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.2, 2.4, 2.6, 2.8, 3, 3.3, 3.6, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5],
    [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9], [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8], [1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]])
    if (of(steps).length <= most) return of(steps);
  return of([1]).filter((_, i, all) => i % Math.ceil(all.length / most) === 0);
}

/** Range of positive values with some air on a logarithmic axis. */
function logDomain(values, air = 0.06) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const pad = Math.max(1.03, (high / low) ** air);
  return [low / pad, high * pad];
}

function linearDomain(values, air = 0.08) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const pad = high > low ? air * (high - low) : Math.max(1e-6, 0.01 * Math.abs(high));
  return [low - pad, high + pad];
}

/**
 * Places for labels beside marks so that none covers another or a mark: greedy, the first that is free, those off a
 * rising line before those on it. marks: [{x, y, text}]; others: [{x, y}]. Gives {x, y, anchor} a mark, null where there is no room.
 */
function placeLabels(marks, others, width, height) {
  const boxes = [...marks, ...others].map(({ x, y }) => [x - 6, y - 6, x + 6, y + 6]);
  const overlap = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
  return marks.map(({ x, y, text }, i) => {
    const w = 6.6 * text.length + 4;
    const gap = 14;
    const places = [['start', 0], ['end', -18], ['start', 18], ['end', 0], ['end', 18], ['start', -18], ['end', -34], ['start', 34]]
      .map(([anchor, dy]) => {
        const left = anchor === 'start' ? x + gap : x - gap - w;
        return { x: anchor === 'start' ? x + gap : x - gap, y: y + dy, anchor, box: [left, y + dy - 8, left + w, y + dy + 8] };
      });
    const free = places.find(({ box }) => box[0] >= 0 && box[2] <= width && box[1] >= 0 && box[3] <= height &&
      boxes.every((other, j) => j === i || !overlap(box, other)));
    if (!free) return null;
    boxes.push(free.box);
    return free;
  });
}

/** A group of buttons of which one is pressed. choices: [[value, text]]; calls pick(value). */
function segments(label, choices, picked, pick) {
  const buttons = choices.map(([value, text]) => {
    const button = make('button', { type: 'button', 'aria-pressed': String(value === picked) }, text);
    button.addEventListener('click', () => {
      for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
      pick(value);
    });
    return button;
  });
  return make('div', { class: 'segments', role: 'group', 'aria-label': label }, buttons);
}

/** Lines over an index. series: [{name, values, colour}]. */
function lineChart(width, series, { label, height = 190 }) {
  const rows = series.flatMap(({ name, values }, s) => values.map((value, i) => ({ i: i + 1, value, name, stroke: series[s].colour })));
  return Plot.plot({
    ...plotDefaults, width, height, marginLeft: 48, marginRight: 12, marginTop: 10, marginBottom: 26,
    ariaLabel: label,
    x: { label: null, ticks: width < 400 ? 4 : 6, tickFormat: (v) => (Number.isInteger(v) ? countText(v) : '') },
    y: { label: null, ticks: 4, domain: linearDomain(rows.map((r) => r.value)) },
    marks: [
      Plot.gridY({ stroke: 'var(--line)', strokeOpacity: 1, ticks: 4 }),
      Plot.lineY(rows, { x: 'i', y: 'value', z: 'name', stroke: (d) => d.stroke, strokeWidth: 1.75 }),
      Plot.dot(rows.filter((_, i, all) => all.length === 1), { x: 'i', y: 'value', fill: (d) => d.stroke }),
      Plot.tip(rows, Plot.pointer({ x: 'i', y: 'value', title: (d) => `${d.name}\n${countText(d.i)}: ${scoreText(d.value)}`,
        fill: 'var(--paper)', stroke: 'var(--line)' })),
    ],
  });
}

/** A legend of colours. items: [{text, colour, shape}] */
function legend(items) {
  return make('ul', { class: 'legend' }, items.map(({ text, colour: fill, shape }) =>
    make('li', {}, make('span', { class: `key ${shape ?? 'round'}`, style: shape === 'ring' ? `border-color:${fill}` : `background:${fill}` }), text)));
}
