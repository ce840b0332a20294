// The run's other charts: convergence, predicted against found.
'use strict';

(() => {
  const place = document.getElementById('convergence');
  if (!place) return;
  const card = (title, caption, series) => {
    const filled = series.filter(({ values }) => values?.length > 0);
    if (filled.length === 0) return;
    const area = make('div', { class: 'chart' });
    place.append(make('figure', { class: 'card' }, make('h3', {}, title), area,
      filled.length > 1 ? legend(filled.map(({ name, colour: fill }) => ({ text: name, colour: fill }))) : null,
      make('figcaption', {}, caption)));
    chart(area, (width) => lineChart(width, filled, { label: title }));
  };
  const named = (object, member) => Object.entries(object ?? {}).map(([name, trace], i) => ({ name, values: trace[member], colour: colour(i) }));
  const { supernets, searches } = run.trace ?? {};
  card('Supernet: loss', 'on training rows, an epoch each', named(supernets, 'losses'));
  card(`Supernet: ${metricTitle(run.metric)} of probes`, 'networks drawn at random, on validation rows', named(supernets, 'probe_scores'));
  const title = (series) => series.map(({ name, ...rest }) => ({ name: name === 'energy' ? 'with energy' : baselineTitle(name), ...rest }));
  card('Policy: mean reward', 'of the networks it drew, an update each; every search has a reward of its own', title(named(searches, 'mean_rewards')));
  card('Policy: entropy', 'how undecided it still is, in nats', title(named(searches, 'entropies')));
})();

(() => {
  const figure = document.getElementById('prediction');
  const points = networks.filter(({ point }) => point.energy_predicted_j > 0 && point.energy_measured_j > 0).map(({ point }) => point);
  if (!figure) return;
  if (points.length === 0) {
    figure.append(make('p', { class: 'soft', style: 'margin:0' }, 'No network of this run has both a predicted and a found energy.'));
    return;
  }
  const area = make('div', { class: 'chart' });
  figure.append(make('h3', {}, 'Energy ', sourceLabel(foundKind), ' less ', sourceLabel('predicted'), ', in per cent of the prediction'), area,
    make('figcaption', {}, 'Lines: 95 % interval of the finding and 90 % of the prediction, together. Band: within 10 %.'));
  const off = (p) => 100 * (p.energy_measured_j / p.energy_predicted_j - 1);
  const halfWidth = (p) => p.energy_measured_half_width_95_j ?? 0;
  const ends = (p) => {
    const [low, high] = p.energy_predicted_interval_90_j ?? [p.energy_predicted_j, p.energy_predicted_j];
    return [100 * ((p.energy_measured_j - halfWidth(p)) / high - 1), 100 * ((p.energy_measured_j + halfWidth(p)) / low - 1)];
  };
  chart(area, (width) => {
    const domain = logDomain(points.map((p) => p.energy_predicted_j), 0.1);
    const most = Math.max(14, ...points.flatMap((p) => [off(p), ...ends(p)]).map(Math.abs)) * 1.08;
    const tip = (p) => `${p.text}\n${foundKind} ${quantity(p.energy_measured_j, 'J')}\npredicted ${quantity(p.energy_predicted_j, 'J')}\n${off(p) >= 0 ? '+' : '−'}${Math.abs(off(p)).toFixed(1)} %`;
    return Plot.plot({
      ...plotDefaults, width, height: 270, marginTop: 10, marginLeft: 48, marginRight: 14, ariaLabel: 'Error of the predicted energy of whole networks',
      x: { type: 'log', domain, label: 'predicted energy a prediction →', labelAnchor: 'right', labelArrow: 'none', ticks: logTicks(domain, width < 420 ? 4 : 6), tickFormat: (v) => tick(v, 'J') },
      y: { domain: [-most, most], label: null, ticks: 6, tickFormat: (v) => `${v > 0 ? '+' : v < 0 ? '−' : ''}${Math.abs(v)} %` },
      marks: [
        Plot.rectY([0], { x1: domain[0], x2: domain[1], y1: -10, y2: 10, fill: 'var(--wash)' }),
        Plot.ruleY([0], { stroke: 'var(--faint)', strokeDasharray: '3 3' }),
        Plot.ruleX(points, { x: 'energy_predicted_j', y1: (p) => ends(p)[0], y2: (p) => ends(p)[1], stroke: 'var(--c2)', strokeOpacity: 0.55 }),
        Plot.dot(points, { x: 'energy_predicted_j', y: off, r: 4.5, stroke: 'var(--paper)', strokeWidth: 1, fill: (p) => (p.text === run.chosen.text ? 'var(--accent)' : 'var(--c2)') }),
        Plot.tip(points, Plot.pointer({ x: 'energy_predicted_j', y: off, fill: 'var(--paper)', stroke: 'var(--line)', title: tip })),
      ],
    });
  });
})();
