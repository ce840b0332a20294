// A JSON Schema validator for the part of draft 7 that our schemas use; a keyword it does not know is an error, so that
// nothing in a schema goes unchecked.
'use strict';

const ignored = new Set(['$schema', 'title', 'description', 'definitions']);

function typeOf(value) {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}

function isType(value, type) {
  return type === 'integer' ? Number.isInteger(value) : typeOf(value) === type;
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** Each keyword: problems of `value` at `at`; (argument, value, at, check, schema). */
const keywords = {
  $ref: (ref, value, at, check) => check(ref, value, at),
  type: (types, value, at) => ([types].flat().some((type) => isType(value, type)) ? [] : [`${at}: is no ${types}`]),
  const: (wanted, value, at) => (same(wanted, value) ? [] : [`${at}: is not ${JSON.stringify(wanted)}`]),
  enum: (wanted, value, at) => (wanted.some((one) => same(one, value)) ? [] : [`${at}: ${value} is none of ${wanted}`]),
  pattern: (pattern, value, at) => (typeOf(value) !== 'string' || new RegExp(pattern).test(value) ? [] : [`${at}: ${value}`]),
  minimum: (low, value, at) => (typeOf(value) === 'number' && value < low ? [`${at}: ${value} < ${low}`] : []),
  maximum: (high, value, at) => (typeOf(value) === 'number' && value > high ? [`${at}: ${value} > ${high}`] : []),
  exclusiveMinimum: (low, value, at) => (typeOf(value) === 'number' && value <= low ? [`${at}: ${value} <= ${low}`] : []),
  exclusiveMaximum: (high, value, at) => (typeOf(value) === 'number' && value >= high ? [`${at}: ${value} >= ${high}`] : []),
  minItems: (count, value, at) => (typeOf(value) === 'array' && value.length < count ? [`${at}: too short`] : []),
  maxItems: (count, value, at) => (typeOf(value) === 'array' && value.length > count ? [`${at}: too long`] : []),
  items: (schema, value, at, check) =>
    (typeOf(value) === 'array' ? value.flatMap((item, i) => check(schema, item, `${at}/${i}`)) : []),
  required: (names, value, at) =>
    (typeOf(value) === 'object' ? names.filter((name) => !(name in value)).map((name) => `${at}: lacks ${name}`) : []),
  properties: (schemas, value, at, check) =>
    (typeOf(value) === 'object'
      ? Object.entries(schemas).flatMap(([name, schema]) => (name in value ? check(schema, value[name], `${at}/${name}`) : []))
      : []),
  propertyNames: (schema, value, at, check) =>
    (typeOf(value) === 'object' ? Object.keys(value).flatMap((name) => check(schema, name, `${at}/${name}`)) : []),
  additionalProperties: (schema, value, at, check, whole) =>
    (typeOf(value) === 'object'
      ? Object.entries(value)
        .filter(([name]) => !(name in (whole.properties ?? {})))
        .flatMap(([name, item]) => (schema === false ? [`${at}: has ${name} too many`] : check(schema, item, `${at}/${name}`)))
      : []),
  allOf: (schemas, value, at, check) => schemas.flatMap((schema) => check(schema, value, at)),
  oneOf: (schemas, value, at, check) => {
    const problems = schemas.map((schema) => check(schema, value, at));
    return problems.filter((found) => found.length === 0).length === 1 ? [] : [`${at}: not one of: ${problems.flat().join('; ')}`];
  },
};

/** What in `value` is against `schema`, one line a problem. */
function problems(schema, value) {
  const resolve = (ref) => ref.slice(2).split('/').reduce((part, name) => part[name], schema);
  const check = (part, item, at) => {
    const rules = typeof part === 'string' ? resolve(part) : part;
    return Object.entries(rules).flatMap(([keyword, argument]) => {
      if (ignored.has(keyword)) return [];
      if (!(keyword in keywords)) throw new Error(`schema keyword ${keyword} is not known`);
      return keywords[keyword](argument, item, at, check, rules);
    });
  };
  return check(schema, value, '');
}

module.exports = { problems };
