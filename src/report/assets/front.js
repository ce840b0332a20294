// Score against energy: every point is a button that opens its network; arrow keys go along.
'use strict';

(() => {
  const chartElement = document.getElementById('front-chart');
  const panel = document.getElementById('network');
  const scores = [['score_supernet', 'Supernet'], ['score_validation', 'Validation'], ['score_test', 'Test']]
    .filter(([key]) => networks.filter(({ point }) => point[key] != null && point.energy_predicted_j > 0).length > 1);
  const used = new Set(networks.map(({ point }) => point.architecture?.space ?? ''));
  const spaces = [...new Set([...(run.spaces ?? []).map(({ name }) => name), ...used])];  // colours as in the curves of convergence
  const higher = run.higher_is_better !== false;
  let scoreKey = scores[0]?.[0] ?? 'score_supernet';
  let opened = networks[0];

  const isChosen = ({ roles }) => roles.includes('chosen');
  const baselinesOf = ({ roles }) => roles.filter((role) => role !== 'chosen' && role !== 'front');
  const isBaseline = (network) => !isChosen(network) && baselinesOf(network).length > 0;
  const fillOf = (network) => {
    if (used.size > 1) return colour(spaces.indexOf(network.point.architecture?.space ?? ''));
    if (isChosen(network)) return 'var(--accent)';
    return isBaseline(network) ? 'var(--other)' : 'var(--faint)';
  };
  const shown = () => networks.filter(({ point }) => point[scoreKey] != null && point.energy_predicted_j > 0)
    .sort((a, b) => a.point.energy_predicted_j - b.point.energy_predicted_j);

  function open(network) {
    opened = network;
    panel.replaceChildren(...networkPanel(network).filter(Boolean));
    for (const hit of chartElement.querySelectorAll('.hit')) {
      const pressed = hit.dataset.network === network.point.text;
      hit.setAttribute('aria-pressed', String(pressed));
      hit.setAttribute('tabindex', pressed ? '0' : '-1');
    }
    for (const row of document.querySelectorAll('tr[data-network]'))
      row.setAttribute('aria-selected', String(row.dataset.network === network.point.text));
  }

  const describe = ({ point }) => `${point.text}: ${metricTitle(run.metric)} ${scoreText(point[scoreKey])}, ${quantity(point.energy_predicted_j, 'J')} predicted`;

  /** The best score so far at each energy: the front as steps, of the points on it. */
  function steps(points) {
    const front = points.filter(({ roles }) => roles.includes('front') || roles.includes('chosen'));
    const result = [];
    for (const network of front) {
      const best = result.at(-1)?.point[scoreKey];
      if (best === undefined || (higher ? network.point[scoreKey] > best : network.point[scoreKey] < best)) result.push(network);
    }
    return result;
  }

  function labels(plot, points, width, height) {
    const at = (network) => ({ x: plot.scale('x').apply(network.point.energy_predicted_j), y: plot.scale('y').apply(network.point[scoreKey]) });
    const named = points.filter((network) => isChosen(network) || isBaseline(network))
      .map((network) => ({ ...at(network), text: isChosen(network) ? 'deployed' : baselinesOf(network).map((name) => baselineMarks[name] ?? name).join(', ') }));
    const rest = points.filter((network) => !isChosen(network) && !isBaseline(network)).map(at);
    placeLabels(named, rest, width, height).forEach((place, i) => {
      if (!place) return;
      const text = document.createElementNS('http://www.w3.org/2000/svg', 'text');
      for (const [name, value] of Object.entries({ x: place.x, y: place.y, dy: '.32em', 'text-anchor': place.anchor, class: 'label', 'pointer-events': 'none' }))
        text.setAttribute(name, value);
      text.textContent = named[i].text;
      plot.append(text);
    });
  }

  /** Buttons over the points, large enough for a thumb. */
  function hits(plot, points) {
    const group = make('g', { role: 'group', 'aria-label': 'Networks' });
    points.forEach((network, i) => {
      const place = { cx: plot.scale('x').apply(network.point.energy_predicted_j), cy: plot.scale('y').apply(network.point[scoreKey]) };
      const hit = make('g', { class: 'hit', role: 'button', 'data-network': network.point.text, 'aria-label': describe(network),
        'aria-controls': 'network', 'aria-pressed': String(network === opened), tabindex: network === opened || (!points.includes(opened) && i === 0) ? '0' : '-1' },
      make('circle', { ...place, r: 12 }), make('circle', { ...place, r: 9, class: 'ring' }));
      hit.addEventListener('click', () => open(network));
      hit.addEventListener('keydown', (event) => {
        const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
        const next = event.key === 'Home' ? 0 : event.key === 'End' ? points.length - 1 : step ? Math.min(points.length - 1, Math.max(0, i + step)) : null;
        if (event.key === 'Enter' || event.key === ' ') open(network);
        else if (next === null) return;
        else {
          open(points[next]);
          group.children[next].focus();
        }
        event.preventDefault();
      });
      group.append(hit);
    });
    plot.append(group);
  }

  function draw(width, printing) {
    const points = shown();
    const small = width < 480;
    const height = printing ? 320 : small ? 300 : Math.min(500, Math.max(360, Math.round(width * 0.8)));
    if (points.length === 0) return make('p', { class: 'soft' }, 'The run holds no scored networks.');
    const domain = logDomain(points.map(({ point }) => point.energy_predicted_j));
    const circle = points.filter((network) => !isBaseline(network) && !isChosen(network));
    const x = ({ point }) => point.energy_predicted_j;
    const y = ({ point }) => point[scoreKey];
    const plot = Plot.plot({
      ...plotDefaults, width, height, marginLeft: 52, marginRight: 16, ariaLabel: 'Score against predicted energy',
      x: { type: 'log', domain, label: 'predicted energy a prediction →', labelAnchor: 'right', labelArrow: 'none', ticks: logTicks(domain, small ? 4 : 7), tickFormat: (v) => tick(v, 'J') },
      y: { domain: linearDomain(points.map(y)), reverse: !higher, label: `${higher ? '↑' : '↑ lower'} ${metricTitle(run.metric)}`, labelArrow: 'none', ticks: 5 },
      marks: [
        Plot.gridY({ stroke: 'var(--line)', strokeOpacity: 1, ticks: 5 }),
        Plot.line(steps(points), { x, y, curve: 'step-after', stroke: 'var(--faint)', strokeOpacity: 0.6, strokeWidth: 1.25 }),
        Plot.dot(circle, { x, y, r: 4.2, fill: (d) => (d.point.score_test != null ? fillOf(d) : 'var(--paper)'), stroke: fillOf, strokeWidth: 1.5 }),
        Plot.dot(points.filter(isBaseline), { x, y, r: 6, symbol: 'diamond', fill: fillOf, stroke: 'var(--paper)', strokeWidth: 1.5 }),
        Plot.dot(points.filter(isChosen), { x, y, r: 7, fill: fillOf, stroke: 'var(--paper)', strokeWidth: 1.5 }),
        Plot.tip(points, Plot.pointer({ x, y, maxRadius: 14, fill: 'var(--paper)', stroke: 'var(--line)',
          title: (d) => `${d.point.text}\n${metricTitle(run.metric)} ${scoreText(y(d))}\n${quantity(x(d), 'J')} predicted` })),
      ],
    });
    labels(plot, points, width, height - plotDefaults.marginBottom);
    hits(plot, points);
    return plot;
  }

  const drawn = chart(chartElement, draw, { printWidth: 640 });
  if (scores.length > 1)
    document.getElementById('front-toolbar').append(make('span', { class: 'small soft' }, 'Score'),
      segments('Score', scores, scoreKey, (key) => {
        scoreKey = key;
        drawn.redraw();
      }));
  const items = used.size > 1 ? spaces.map((space, i) => ({ text: space, colour: colour(i) })).filter(({ text }) => used.has(text))
    : [{ text: 'deployed', colour: 'var(--accent)' }];
  if (networks.some(isBaseline)) items.push({ text: 'found by another search', colour: used.size > 1 ? 'var(--faint)' : 'var(--other)', shape: 'diamond' });
  items.push({ text: 'on the front', colour: 'var(--faint)', shape: 'ring' });
  if (networks.some((n) => !isChosen(n) && !isBaseline(n) && n.point.score_test != null)) items.push({ text: 'trained to the end', colour: 'var(--faint)' });
  document.getElementById('front-legend').replaceWith(legend(items));

  for (const row of document.querySelectorAll('tr[data-network]')) {
    const network = networks.find(({ point }) => point.text === row.dataset.network);
    const name = row.querySelector('th');
    const button = make('button', { type: 'button', class: 'link', 'aria-controls': 'network' }, name.textContent);
    button.addEventListener('click', () => {
      open(network);
      panel.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
    });
    name.replaceChildren(button);
  }
  document.getElementById('networks').open = false;
  open(opened);
})();
