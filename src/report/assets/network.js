// One network of a run, opened: its figures, and its layers as the kernels the device runs, with the joules of each.
'use strict';

const run = tabjoulePage.data;
const foundKind = run.energy_source?.kind ?? 'estimated';

const baselineTitles = { accuracy: 'search by accuracy alone', flops: 'search by FLOPs', latency: 'search by latency', random: 'random search' };
/** The same beside a point of a chart. */
const baselineMarks = { accuracy: 'by accuracy', flops: 'by FLOPs', latency: 'by latency', random: 'random' };
const baselineTitle = (name) => baselineTitles[name] ?? `search by ${name}`;

/** Every network once, with the parts it plays: the chosen one, the baselines', the front's. */
function runNetworks() {
  const networks = new Map();
  const add = (point, role) => {
    const known = networks.get(point.text);
    if (known) {
      known.roles.push(role);
      known.point = Object.fromEntries(Object.keys({ ...point, ...known.point }).map((key) => [key, known.point[key] ?? point[key]]));
    } else {
      networks.set(point.text, { point, roles: [role] });
    }
  };
  add(run.chosen, 'chosen');
  for (const [name, point] of Object.entries(run.baselines ?? {})) add(point, name);
  for (const point of run.pareto ?? []) add(point, 'front');
  return [...networks.values()];
}
const networks = runNetworks();

const operations = { linear: 'Linear', batch_matmul: 'Batched product', attention: 'Attention', layernorm: 'LayerNorm', batchnorm: 'BatchNorm',
  softmax: 'Softmax', gather: 'Look-up', concat: 'Concat', transpose: 'Transpose', reduce: 'Reduce', elementwise: 'Element-wise',
  reformat: 'Reformat', session: 'Session', conv: 'Convolution', dwconv: 'Depthwise convolution', pool: 'Pool', global_pool: 'Global pool' };

const dataTypes = ['float16', 'bfloat16', 'int8', 'int4'];
/** The type that the network's kernels compute in; none is said of float32. */
const dataTypeOf = (kernels) => dataTypes.find((type) => kernels.some(({ kernel }) => kernel.split(' ').includes(type))) ?? 'float32';

/** "Linear 274 → 40, ReLU" of "linear m=1 n=40 k=274 relu". */
function kernelTitle(text) {
  const [type, ...words] = text.split(' ').filter((word) => !dataTypes.includes(word));
  const shape = Object.fromEntries(words.filter((w) => w.includes('=')).map((w) => w.split('=')));
  const rest = words.filter((w) => !w.includes('=')).map((w) => (w === 'relu' ? 'ReLU' : w)).join(', ');
  const name = operations[type] ?? type;
  const after = rest ? `, ${rest}` : '';
  const batch = Number(run.batch ?? 1);
  switch (type) {
    case 'linear': {
      const rows = Number(shape.m) / batch;
      return `${name} ${shape.k} → ${shape.n}${rows > 1 ? ` of ${rows} tokens` : ''}${after}`;
    }
    case 'attention': return `${name}, ${shape.heads} heads of ${shape.head_dim}, ${shape.q_tokens} × ${shape.kv_tokens} tokens${after}`;
    case 'session': return 'Call of the runtime';
    default: {
      const sizes = Object.values(shape);
      return `${name}${sizes.length > 0 ? ` ${sizes.join(' × ')}` : ''}${after}`;
    }
  }
}

/** The layer a kernel belongs to, by the name of its first node: "block0" of "block0.attention.query/product". */
function groupOf(kernel) {
  const node = kernel.nodes?.[0];
  return node ? node.split(/[./]/)[0] : kernel.kernel.split(' ')[0];
}

function grouped(kernels) {
  const groups = [];
  for (const kernel of kernels) {
    const name = groupOf(kernel);
    if (groups.at(-1)?.name !== name) groups.push({ name, kernels: [], energy_j: 0 });
    groups.at(-1).kernels.push(kernel);
    groups.at(-1).energy_j += kernel.energy_per_batch_j ?? 0;
  }
  return groups;
}

const shareText = (share) => (share > 0 && share < 0.005 ? '<\u00a01\u00a0%' : `${(100 * share).toFixed(0)}\u00a0%`);

/** What a kernel is made of, without the name of its layer: "attention.query + attention.key + 1 more". */
function nodesText(kernel, group) {
  const names = (kernel.nodes ?? []).map((node) => (node.startsWith(group) && node.length > group.length ? node.slice(group.length + 1) : node));
  const most = 3;
  return [...names.slice(0, most), ...(names.length > most ? [`${names.length - most} more`] : [])].join(' + ') || null;
}

function flowRow(name, detail, energyJ, mostJ, sumJ) {
  return [
    make('span', { class: 'name' }, make('b', {}, name), detail ? make('small', {}, detail) : null),
    make('span', { class: 'bar', 'aria-hidden': 'true' },
      make('i', { class: 'chosen', style: `width:${(mostJ > 0 ? (100 * energyJ) / mostJ : 0).toFixed(1)}%` })),
    make('span', { class: 'n' }, quantity(energyJ, 'J')),
    make('span', { class: 'n share' }, shareText(sumJ > 0 ? energyJ / sumJ : 0)),
  ];
}

/** Layers in the order the device runs them; those of several kernels open. */
function flow(kernels) {
  const groups = grouped(kernels);
  const sumJ = groups.reduce((sum, group) => sum + group.energy_j, 0);
  const mostJ = Math.max(...groups.map((group) => group.energy_j));
  return make('ol', { class: 'flow' }, groups.map((group) => {
    if (group.kernels.length === 1) {
      const [kernel] = group.kernels;
      const node = kernel.nodes?.length > 0;
      return make('li', { class: 'flow-row', title: [kernel.kernel, ...(kernel.nodes ?? [])].join('\n') },
        flowRow(node ? group.name : kernelTitle(kernel.kernel), node ? kernelTitle(kernel.kernel) : null, group.energy_j, mostJ, sumJ));
    }
    const inside = group.kernels.map((kernel) =>
      make('li', { class: 'flow-row', title: [kernel.kernel, ...(kernel.nodes ?? [])].join('\n') },
        flowRow(kernelTitle(kernel.kernel), nodesText(kernel, group.name), kernel.energy_per_batch_j ?? 0, mostJ, sumJ)));
    return make('li', {}, make('details', {},
      make('summary', { class: 'flow-row' }, flowRow(group.name, `${group.kernels.length} kernels`, group.energy_j, mostJ, sumJ)),
      make('ol', { class: 'flow' }, inside)));
  }));
}

/** One bar: how the energy divides among types of kernels. */
function typeSplit(kernels) {
  const sums = new Map();
  for (const kernel of kernels) {
    const type = kernel.kernel.split(' ')[0];
    sums.set(type, (sums.get(type) ?? 0) + (kernel.energy_per_batch_j ?? 0));
  }
  const sumJ = [...sums.values()].reduce((a, b) => a + b, 0);
  const sorted = [...sums].sort((a, b) => b[1] - a[1]);
  const shown = sorted.slice(0, 5);
  const restJ = sorted.slice(5).reduce((sum, [, j]) => sum + j, 0);
  if (restJ > 0) shown.push(['others', restJ]);
  if (shown.length < 2 || sumJ <= 0) return null;
  const key = (i) => (i < 5 ? `k${i + 1}` : 'k7');
  return make('div', {},
    make('div', { class: 'split', 'aria-hidden': 'true' }, shown.map(([, j], i) => make('i', { class: key(i), style: `flex:${j / sumJ}` }))),
    make('ul', { class: 'legend', style: 'margin-bottom:.6rem' }, shown.map(([type, j], i) =>
      make('li', {}, make('span', { class: `key ${key(i)}` }), operations[type] ?? type, make('b', {}, shareText(j / sumJ))))));
}

function energyFigures(point) {
  const figures = [];
  if (point.energy_measured_j != null)
    figures.push(['Energy', point.energy_measured_half_width_95_j != null
      ? withHalfWidth(point.energy_measured_j, point.energy_measured_half_width_95_j, 'J') : quantity(point.energy_measured_j, 'J'), foundKind]);
  if (point.energy_predicted_j != null) {
    const interval = point.energy_predicted_interval_90_j;
    figures.push(['Energy', quantity(point.energy_predicted_j, 'J'), 'predicted',
      interval ? `90 %: ${quantity(interval[0], 'J')} to ${quantity(interval[1], 'J')}` : null]);
  }
  if (point.energy_true_j != null) figures.push(['Energy before the sensor', quantity(point.energy_true_j, 'J'), 'simulated']);
  return figures;
}

function figuresOf(point) {
  const figures = [];
  for (const [key, title] of [['score_test', 'Test'], ['score_validation', 'Validation'], ['score_supernet', 'Supernet']])
    if (point[key] != null) {
      const error = point[`${key}_standard_error`];
      figures.push([`${title} ${metricTitle(run.metric)}`, scoreText(point[key]), null, error != null ? `standard error ${Number(error.toPrecision(2))}` : null]);
    }
  figures.push(...energyFigures(point));
  if (point.time_measured_s != null)
    figures.push(['Time', quantity(point.time_measured_s, 's'), foundKind === 'simulated' ? 'simulated' : 'measured']);
  else if (point.time_predicted_s != null) figures.push(['Time', quantity(point.time_predicted_s, 's'), 'predicted']);
  if (point.parameters != null) figures.push(['Parameters', countText(point.parameters), null]);
  if (point.flops != null) figures.push(['FLOPs a prediction', countText(point.flops), null]);
  return figures;
}

/** The panel of one network. */
function networkPanel({ point, roles }) {
  const { space, ...decisions } = point.architecture ?? {};
  const finders = roles.filter((role) => role !== 'front' && role !== 'chosen').map(baselineTitle).join(', ');
  const chosen = roles.includes('chosen');
  const role = chosen && finders ? `Deployed; also found by ${finders}` : chosen ? 'Deployed' : finders ? `Found by ${finders}` : 'On the front';
  const kernels = point.kernels ?? [];
  return [
    make('div', { class: 'toolbar' }, make('h3', { style: 'margin:0' }, space ?? point.text),
      make('span', { class: 'roles' }, role)),
    make('ul', { class: 'chips' }, Object.entries(decisions).map(([name, value]) =>
      make('li', {}, `${name.replaceAll('_', ' ')} `, make('b', {}, typeof value === 'object' ? JSON.stringify(value) : String(value))))),
    make('dl', { class: 'figures' }, figuresOf(point).map(([title, value, kind, below]) =>
      make('div', {}, make('dt', {}, `${title} `, kind ? sourceLabel(kind) : null),
        make('dd', {}, value, below ? make('small', {}, make('br'), below) : null)))),
    make('h3', { style: 'margin:1.3rem 0 .4rem' }, 'Where the joules go ', sourceLabel('predicted')),
    ...(kernels.length > 0
      ? [typeSplit(kernels), make('p', { class: 'small soft', style: 'margin:0 0 .2rem' }, 'Layers in the order the device runs them, energy of ',
        run.batch > 1 ? `a batch of ${countText(run.batch)}` : 'one prediction', `, in ${dataTypeOf(kernels)}.`), flow(kernels)]
      : [make('p', { class: 'soft small' }, 'The run holds no kernels of this network.')]),
  ];
}
