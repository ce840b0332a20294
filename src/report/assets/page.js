// The shell of every page: theme switch, copy buttons, where in the page one is; and how to make an element.
'use strict';

const tabjoulePage = { data: JSON.parse(document.getElementById('data').textContent) };

/** An element with attributes (those that are null are left out) and children (text is text, never markup). */
function make(tag, attributes = {}, ...children) {
  const svg = ['g', 'circle'].includes(tag);
  const element = svg ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

(() => {
  const root = document.documentElement;
  const button = document.getElementById('theme');
  const choices = ['system', 'light', 'dark'];
  const names = { system: 'Auto', light: 'Light', dark: 'Dark' };
  const show = () => {
    const theme = root.dataset.theme ?? 'system';
    button.textContent = names[theme];
    button.title = `Colours: ${names[theme].toLowerCase()}`;
    button.setAttribute('aria-label', `Colours: ${names[theme].toLowerCase()}; press to change`);
  };
  button.addEventListener('click', () => {
    const next = choices[(choices.indexOf(root.dataset.theme ?? 'system') + 1) % choices.length];
    if (next === 'system') delete root.dataset.theme;
    else root.dataset.theme = next;
    try {
      localStorage.setItem('tabjoule-theme', next);
    } catch { /* not kept, then */ }
    show();
  });
  show();
})();

(() => {
  const copy = async (text, source) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {  // no permission: select it, the old way
      getSelection().selectAllChildren(source);
      return document.execCommand('copy');
    }
  };
  for (const button of document.querySelectorAll('button[data-copy]')) {
    const source = document.getElementById(button.dataset.copy);
    const label = button.textContent;
    button.addEventListener('click', async () => {
      button.textContent = (await copy(source.textContent, source)) ? 'Copied' : 'Select and copy';
      setTimeout(() => { button.textContent = label; }, 1600);
    });
  }
})();

(() => {
  const links = new Map([...document.querySelectorAll('.top nav a')].map((a) => [a.hash.slice(1), a]));
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const [id, link] of links) {
        if (id === entry.target.id) link.setAttribute('aria-current', 'true');
        else link.removeAttribute('aria-current');
      }
    }
  }, { rootMargin: '-15% 0px -75% 0px' });
  for (const id of links.keys()) watch.observe(document.getElementById(id));
})();
