// Records of runs that were never made: large and hostile ones for the report's tests, in the form of docs/run.schema.json.
'use strict';

function mlpKernels({ depth, width }, batch) {
  const kernels = [{ kernel: 'session', nodes: [] }];
  for (let i = 0; i < depth; ++i)
    kernels.push({ kernel: `linear m=${batch} n=${width} k=${i === 0 ? 108 : width} relu float16`, nodes: [`hidden${i}`, `relu${i}`] });
  kernels.push({ kernel: `linear m=${batch} n=2 k=${width} float16`, nodes: ['head'] });
  return kernels;
}

function resnetKernels({ depth, width, hidden }, batch) {
  const kernels = [{ kernel: 'session', nodes: [] }, { kernel: `linear m=${batch} n=${width} k=108 float16`, nodes: ['first'] }];
  for (let i = 0; i < depth; ++i)
    kernels.push({ kernel: `batchnorm rows=${batch} cols=${width} float16`, nodes: [`block${i}.norm`] },
      { kernel: `linear m=${batch} n=${hidden} k=${width} relu float16`, nodes: [`block${i}.up`, `block${i}.relu`] },
      { kernel: `linear m=${batch} n=${width} k=${hidden} residual float16`, nodes: [`block${i}.down`, `block${i}.add`] });
  kernels.push({ kernel: `linear m=${batch} n=2 k=${width} float16`, nodes: ['head'] });
  return kernels;
}

function ftKernels({ depth, width, heads }, batch) {
  const rows = 15 * batch;
  const kernels = [{ kernel: 'session', nodes: [] }, { kernel: `reformat elements=${6 * batch} Slice float16`, nodes: ['tokens/numbers'] },
    { kernel: `elementwise elements=${rows * width} inputs=3 Mul+Add float16`, nodes: ['tokens/product', 'tokens/numeric'] },
    { kernel: `gather rows=${8 * batch} cols=${width} table_rows=102 float16`, nodes: ['tokens/gathered'] },
    { kernel: `concat elements=${rows * width} inputs=3 float16`, nodes: ['tokens'] }];
  for (let i = 0; i < depth; ++i) {
    const b = `block${i}`;
    kernels.push({ kernel: `layernorm rows=${rows} cols=${width} float16`, nodes: [`${b}.attention.norm`] },
      { kernel: `linear m=${rows} n=${3 * width} k=${width} float16`, nodes: [`${b}.attention.query`, `${b}.attention.key`, `${b}.attention.value`] },
      { kernel: `attention batch=${batch} heads=${heads} q_tokens=15 kv_tokens=15 head_dim=${width / heads} float16`, nodes: [`${b}.attention/scores`, `${b}.attention/mixed`] },
      { kernel: `linear m=${rows} n=${width} k=${width} residual float16`, nodes: [`${b}.attention.out`, `${b}.attention.add`] },
      { kernel: `linear m=${rows} n=${4 * width} k=${width} float16`, nodes: [`${b}.ffn.up`] },
      { kernel: `elementwise elements=${rows * 2 * width} inputs=2 Relu+Mul float16`, nodes: [`${b}.ffn.reglu`] },
      { kernel: `linear m=${rows} n=${width} k=${2 * width} residual float16`, nodes: [`${b}.ffn.down`, `${b}.ffn.add`] });
  }
  kernels.push({ kernel: `linear m=${batch} n=2 k=${width} float16`, nodes: ['head'] });
  return kernels;
}

const makers = { mlp: mlpKernels, resnet: resnetKernels, ft: ftKernels };

/** A point; `index` moves its score and energy along the front. */
function point(space, decisions, score, energyJ, batch, trained) {
  const kernels = makers[space](decisions, batch);
  const weights = kernels.map(({ kernel }, i) => (kernel.startsWith('linear') ? 4 : kernel.startsWith('attention') ? 3 : 1) + (i % 3) * 0.4);
  const sum = weights.reduce((a, b) => a + b);
  const text = [space, ...Object.entries(decisions).map(([name, value]) => `${name}=${value}`)].join(' ');
  const off = 1 + 0.06 * Math.sin(1e7 * energyJ);
  return {
    space, architecture: { space, ...decisions }, text, trained,
    score_supernet: score, score_supernet_standard_error: 0.0021,
    score_validation: trained ? score + 0.004 : null, score_validation_standard_error: trained ? 0.002 : null,
    score_test: trained ? score + 0.0025 : null,
    energy_predicted_j: energyJ, energy_predicted_interval_90_j: [0.93 * energyJ, 1.08 * energyJ],
    energy_measured_j: trained ? off * energyJ : null, energy_measured_half_width_95_j: trained ? 0.012 * energyJ : null,
    energy_true_j: trained ? 0.99 * off * energyJ : null,
    time_predicted_s: energyJ / 140, time_predicted_interval_90_s: null, time_measured_s: trained ? off * energyJ / 138 : null,
    parameters: Math.round(4e8 * energyJ), flops: Math.round(8e8 * energyJ),
    training: trained ? { learning_rate: 0.001, weight_decay: 0.0001, dropout: 0.1, batch: 256, epochs: 40, best_epoch: 31 } : null,
    kernels: kernels.map((kernel, i) => ({ ...kernel, energy_per_batch_j: (energyJ * batch * weights[i]) / sum, time_per_batch_s: (energyJ * batch * weights[i]) / sum / 140 })),
  };
}

/** Three spaces, a simulated GPU, four baselines, a front of 24 networks. */
function largeRun() {
  const batch = 32;
  const front = [];
  for (let i = 0; i < 24; ++i) {
    const energyJ = 1.2e-5 * 1.27 ** i;
    const score = 0.853 + 0.021 * (1 - Math.exp(-i / 7)) + 0.0004 * Math.sin(i);
    const trained = [3, 8, 13, 19].includes(i);
    if (i < 10) front.push(point('mlp', { depth: 1 + (i % 3), width: 8 * (i + 1) }, score, energyJ, batch, trained));
    else if (i < 17) front.push(point('resnet', { depth: 1 + (i % 4), width: 16 * (i - 8), hidden: 32 * (i - 8) }, score, energyJ, batch, trained));
    else front.push(point('ft', { depth: i - 16, width: 64, heads: 4, ffn_sixths: 12 }, score, energyJ, batch, trained));
  }
  const chosen = front[8];
  const baseline = (space, decisions, score, energyJ) => {
    const other = point(space, decisions, score, energyJ, batch, true);
    return { ...other, saving_fraction: 1 - chosen.energy_measured_j / other.energy_measured_j, saving_from: 'measured' };
  };
  const baselines = {
    accuracy: baseline('ft', { depth: 6, width: 192, heads: 8, ffn_sixths: 24 }, 0.8738, 4.1e-3),
    flops: baseline('mlp', { depth: 2, width: 64 }, 0.8652, 9.9e-5),
    latency: baseline('resnet', { depth: 2, width: 48, hidden: 96 }, 0.8671, 1.7e-4),
    random: baseline('resnet', { depth: 5, width: 128, hidden: 256 }, 0.8691, 7.5e-4),
  };
  baselines.random.saving_from = 'predicted';
  const curve = (n, from, to, speed, wave) => Array.from({ length: n }, (_, i) => to + (from - to) * Math.exp(-i / speed) + wave * Math.sin(2.1 * i));
  const searches = {};
  ['energy', 'accuracy', 'flops', 'latency'].forEach((name, i) => {
    searches[name] = { mean_rewards: curve(120, 0.82 + 0.002 * i, 0.862 + 0.003 * i, 25, 0.0012), entropies: curve(120, 6, 0.5 + 0.2 * i, 40, 0.03) };
  });
  return {
    format: 'tabjoule-run', version: 2, program_version: '0.1.0', created: '2026-11-26T18:00:00Z',
    command: ['tabjoule', 'search', '--data', "SELECT * FROM 'adult.csv'", '--target', 'income', '--space', 'mlp', '--space', 'resnet', '--space', 'ft', '--device', 'sim:rtx-3090', '--batch', '32'],
    machine: 'AMD EPYC 9R14, 2 cores', data: "SELECT * FROM 'adult.csv'", target: 'income', task: 'binary', metric: 'accuracy', higher_is_better: true,
    rows: { train: 31258, validation: 7815, test: 9769 }, raw_columns: 14, features: 108, classes: ['<=50K', '>50K'],
    device: 'sim:rtx-3090', fingerprint: 'NVIDIA GeForce RTX 3090 (simulated) | TensorRT rules', batch,
    energy_source: { kind: 'simulated', sensor: 'nvml', description: 'a simulated RTX 3090, through its simulated NVML sensor' },
    seed: 0, threads: 2, reward: { name: 'score less weighed log energy', energy_weight: 0.01 },
    limits: { energy_budget_j: null, min_score: null, latency_s: null, parameters: null },
    spaces: [{ name: 'mlp', family: 'mlp', architectures: 5120, scored: 2210 }, { name: 'resnet', family: 'resnet', architectures: 81920, scored: 3405 },
      { name: 'ft', family: 'ft', architectures: 1152, scored: 718 }],
    architectures_scored: 6333, chosen,
    chosen_by: { rule: 'energy-weight', text: 'the highest score less 0.01 for each tenfold energy', holds: true },
    pareto: front, baselines, saving_fraction: Object.fromEntries(Object.entries(baselines).map(([name, b]) => [name, b.saving_fraction])),
    dummy_test_score: 0.7607, teacher: { share_of_trees: 0.625, rows: 281000, score_validation: 0.8741, score_test: 0.8722 }, predictor: { samples: 412, mape: 0.041, rmspe: 0.067, within_10: 0.93, constant: { mape: 2.31 }, flops: { mape: 0.64 } },
    export_difference: 3.1e-7,
    trace: {
      supernets: { mlp: { losses: curve(40, 0.52, 0.31, 6, 0.002), probe_scores: curve(40, 0.78, 0.862, 7, 0.001) },
        resnet: { losses: curve(40, 0.55, 0.305, 8, 0.002), probe_scores: curve(40, 0.77, 0.866, 9, 0.001) },
        ft: { losses: curve(40, 0.5, 0.298, 11, 0.002), probe_scores: curve(40, 0.76, 0.87, 12, 0.001) } },
      searches,
    },
    stopped_early: null,
    timing: { read: { time_s: 0.4, energy_j: 3.1 }, profile: { time_s: 38.2, energy_j: 291 }, supernet: { time_s: 71.5, energy_j: 655 }, search: { time_s: 24.8, energy_j: 214 },
      train: { time_s: 44, energy_j: 402 }, measure: { time_s: 2.1, energy_j: 17.5 } },
    notices: ['column "education-num": says the same as "education"', 'the task is binary: "income" has two values'],
  };
}

/** The same with text that tries to become markup or script in every place that a table or a user can fill. */
function hostileRun() {
  const bad = '</script><img src=x onerror=alert(1)>"\'&<!--<script>';
  const run = largeRun();
  run.target = run.data = run.device = run.fingerprint = run.machine = bad;
  run.classes = [bad, bad];
  run.notices = [bad];
  run.command = ['tabjoule', 'search', '--data', bad];
  run.chosen_by.text = bad;
  run.spaces[0].name = bad;
  run.chosen.text = bad;
  run.chosen.kernels[0] = { ...run.chosen.kernels[0], kernel: bad, nodes: [bad] };
  run.trace.supernets[bad] = run.trace.supernets.mlp;
  return run;
}

/** One network, nothing measured, nothing optional. */
function bareRun() {
  const { format, version, data, target, task, metric, higher_is_better: higherIsBetter, device, batch, energy_source: source } = largeRun();
  const { space, architecture, text, parameters, flops, score_supernet: scoreSupernet, energy_predicted_j: energyJ } = largeRun().chosen;
  const chosen = { space, architecture, text, parameters, flops, score_supernet: scoreSupernet, energy_predicted_j: energyJ };
  return { format, version, data, target, task, metric, higher_is_better: higherIsBetter, device, batch, energy_source: source, chosen, pareto: [chosen] };
}

module.exports = { largeRun, hostileRun, bareRun };
