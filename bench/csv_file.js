// CSV files that a benchmark appends to and reads back.
'use strict';
const fs = require('node:fs');

const cell = (value) => (/[",]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));

/** Rows of a CSV file as objects; quotes may hold commas. */
function readCsv(file) {
  const lines = fs.readFileSync(file, 'utf8').trim().split('\n').map((line) => {
    const cells = [...`,${line}`.matchAll(/,("(?:[^"]|"")*"|[^,]*)/g)].map((match) => match[1]);
    return cells.map((text) => (text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text));
  });
  return lines.slice(1).map((cells) => Object.fromEntries(lines[0].map((name, i) => [name, cells[i] ?? ''])));
}

/** One line of a file that has these columns. */
const csvLine = (columns, row) => `${columns.map((name) => cell(row[name] ?? '')).join(',')}\n`;

module.exports = { readCsv, csvLine };
