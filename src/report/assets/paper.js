// Charts of a comparison: savings by table, ranks with their critical difference, predicted against true joules.
'use strict';

(() => {
  const { summary, rows, titles } = tabjoulePage.data;
  const percentText = (v) => `${(100 * v).toFixed(1)} %`;
  const own = rows.filter((row) => row.suite === summary.suite && row.effort === summary.effort);
  const cells = new Map();
  for (const row of own) {
    if (!cells.has(row.key)) cells.set(row.key, {});
    cells.get(row.key)[row.choice] = row;
  }

  const savingsElement = document.getElementById('savings-chart');
  if (savingsElement) {
    const savings = [...cells.values()].filter((cell) => cell.accuracy?.energy_j && cell['energy within 0.5']?.energy_j)
      .map((cell) => ({ ...cell['energy within 0.5'], saving: 1 - cell['energy within 0.5'].energy_j / cell.accuracy.energy_j,
        where: `${cell.accuracy.device}, batch ${cell.accuracy.batch}` }));
    const tables = summary.tables.map(({ table }) => table).filter((table) => savings.some((row) => row.table === table));
    const places = [...new Set(savings.map(({ where }) => where))];
    if (savings.length > 0) {
      const holder = make('div');
      const key = legend(places.map((text, i) => ({ text, colour: colour(i) })));
      savingsElement.replaceWith(holder);
      holder.append(make('h3', {}, 'Energy saved at half a point lost, a dot a search'), key, savingsElement);
      chart(savingsElement, (width) => Plot.plot({
        ...plotDefaults, width, height: 60 + 24 * tables.length, marginLeft: Math.min(170, width / 3), marginRight: 20,
        ariaLabel: 'Energy saved on each table',
        x: { label: 'saved →', domain: [Math.min(0, ...savings.map(({ saving }) => saving)), 1], tickFormat: (v) => `${Math.round(100 * v)} %`, ticks: width < 500 ? 4 : 8 },
        y: { label: null, domain: tables },
        marks: [
          Plot.gridX({ stroke: 'var(--line)', strokeOpacity: 1 }),
          Plot.ruleX([0], { stroke: 'var(--faint)' }),
          Plot.dot(savings, { x: 'saving', y: 'table', fill: (d) => colour(places.indexOf(d.where)), r: 4, fillOpacity: 0.8 }),
          Plot.tip(savings, Plot.pointer({ x: 'saving', y: 'table', fill: 'var(--paper)', stroke: 'var(--line)',
            title: (d) => `${d.table}, ${d.space}, ${d.where}, seed ${d.seed}\n${d.network}\nsaves ${percentText(d.saving)}` })),
        ],
      }));
    }
  }

  /** Maximal runs of methods, by rank, that lie within the critical difference. */
  function cliques(methods, difference) {
    const found = [];
    methods.forEach((first, i) => {
      let last = i;
      while (last + 1 < methods.length && methods[last + 1].rank - first.rank <= difference) ++last;
      if (last > i && !found.some(([, end]) => end >= last)) found.push([i, last]);
    });
    return found;
  }

  for (const kind of ['score', 'energy']) {
    const element = document.getElementById(`ranks-${kind}`);
    const ranks = summary.ranks[kind];
    if (!element || !ranks) continue;
    const methods = Object.entries(ranks.average_ranks).map(([name, rank]) => ({ name: titles[name] ?? name, rank }))
      .sort((a, b) => a.rank - b.rank);
    methods.forEach((method, i) => { method.row = i; });
    const bars = cliques(methods, ranks.critical_difference)
      .map(([a, b], i) => ({ x1: methods[a].rank, x2: methods[b].rank, y: methods.length + i * 0.35 }));
    chart(element, (width) => Plot.plot({
      ...plotDefaults, width, height: 70 + 24 * methods.length + 12 * bars.length, marginLeft: 16, marginRight: 16,
      ariaLabel: `Mean ranks by ${kind}`,
      x: { label: 'mean rank', domain: [0.8, methods.length + 0.9], ticks: methods.length, axis: 'bottom' },
      y: { axis: null, domain: [methods.length + 0.4 * bars.length, -0.6] },
      marks: [
        Plot.gridX({ stroke: 'var(--line)', strokeOpacity: 1, ticks: methods.length }),
        Plot.link(bars, { x1: 'x1', x2: 'x2', y1: 'y', y2: 'y', stroke: 'var(--ink)', strokeWidth: 4, strokeLinecap: 'round' }),
        Plot.dot(methods, { x: 'rank', y: 'row', fill: 'var(--accent)', r: 5 }),
        Plot.text(methods, { x: 'rank', y: 'row', text: (d) => `${d.name} ${d.rank.toFixed(2)}`, fill: 'var(--ink)',
          textAnchor: 'start', dx: 9, filter: (d) => d.rank <= (methods.length + 1) / 2 }),
        Plot.text(methods, { x: 'rank', y: 'row', text: (d) => `${d.name} ${d.rank.toFixed(2)}`, fill: 'var(--ink)',
          textAnchor: 'end', dx: -9, filter: (d) => d.rank > (methods.length + 1) / 2 }),
      ],
    }));
  }

  const predictedElement = document.getElementById('predicted-chart');
  const predicted = own.filter((row) => row.energy_predicted_j > 0 && row.energy_j > 0);
  if (predictedElement && predicted.length > 0) {
    const devices = [...new Set(predicted.map(({ device }) => device))];
    const domain = logDomain(predicted.flatMap((row) => [row.energy_predicted_j, row.energy_j]));
    const key = legend(devices.map((text, i) => ({ text, colour: colour(i) })));
    predictedElement.before(key);
    chart(predictedElement, (width) => Plot.plot({
      ...plotDefaults, width, height: Math.min(360, width), marginLeft: 62,
      ariaLabel: 'Predicted against true energy of each network',
      x: { type: 'log', domain, label: 'true →', ticks: logTicks(domain, width / 90), tickFormat: (v) => tick(v, 'J') },
      y: { type: 'log', domain, label: '↑ predicted', ticks: logTicks(domain, 6), tickFormat: (v) => tick(v, 'J') },
      marks: [
        Plot.line([[domain[0], domain[0]], [domain[1], domain[1]]], { stroke: 'var(--faint)' }),
        Plot.dot(predicted, { x: 'energy_j', y: 'energy_predicted_j', fill: (d) => colour(devices.indexOf(d.device)), r: 3 }),
        Plot.tip(predicted, Plot.pointer({ x: 'energy_j', y: 'energy_predicted_j', fill: 'var(--paper)', stroke: 'var(--line)',
          title: (d) => `${d.table}, ${d.network}\n${d.device}, batch ${d.batch}\npredicted ${quantity(d.energy_predicted_j, 'J')}, true ${quantity(d.energy_j, 'J')}` })),
      ],
    }));
  }
})();
