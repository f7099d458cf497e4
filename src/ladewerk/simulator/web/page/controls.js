// What is turned: a switch, a number, one or several of some values. Each sends its value at once and shows what is.

import { el } from "../kit/dom.js";
import { Field, FieldProblem, numberReader } from "../kit/form.js";
import { format } from "../kit/i18n.js";

/** @typedef {{name: string, element: HTMLElement, show: (value: any) => void}} Control */
/** @typedef {(name: string, value: unknown) => void} Send */

/**
 * @typedef {object} About
 * @property {string} name    Of the setting in the API.
 * @property {string} texts   Group of its texts: `<texts>.<name>` is its label, `<texts>_hint.<name>` the line below.
 * @property {Send} send
 */

/**
 * On or off.
 *
 * @param {About} about
 * @returns {Control}
 */
export function toggle({ name, texts, send }) {
  const input = el("input", { type: "checkbox", role: "switch", name, on: { change: () => send(name, input.checked) } });
  const element = el(
    "label",
    { class: "switch" },
    input,
    el("span", { class: "switch-track" }),
    el("span", { class: "switch-text" }, el("span", { "data-t": `${texts}.${name}` }), el("span", { class: "small quiet", "data-t": `${texts}_hint.${name}` })),
  );
  return { name, element, show: (value) => (input.checked = value) };
}

/**
 * One of a few values; "none" stands for null.
 *
 * @param {About} about
 * @param {(string | number)[]} values
 * @param {(value: string) => string} key   Of the text of a value; a number stands for itself.
 * @returns {Control}
 */
export function oneOf({ name, texts, send }, values, key) {
  const inputs = values.map((value) => el("input", { type: "radio", name, value, on: { change: () => send(name, value === "none" ? null : value) } }));
  const labels = values.map((value, i) => el("label", {}, inputs[i], typeof value === "number" ? el("span", {}, value) : el("span", { "data-t": key(value) })));
  return {
    name,
    element: choice(name, texts, labels),
    show: (value) => inputs.forEach((input) => (input.checked = input.value === String(value ?? "none"))),
  };
}

/**
 * Any of some values.
 *
 * @param {About} about
 * @param {string[]} values
 * @param {(value: string, i: number) => string} label
 * @returns {Control}
 */
export function severalOf({ name, texts, send }, values, label) {
  const chosen = () => inputs.filter((input) => input.checked).map((input) => input.value);
  const inputs = values.map((value) => el("input", { type: "checkbox", name, value, on: { change: () => send(name, chosen()) } }));
  const labels = inputs.map((input, i) => el("label", {}, input, el("span", {}, label(input.value, i))));
  return { name, element: choice(name, texts, labels), show: (value) => inputs.forEach((input) => (input.checked = value.includes(input.value))) };
}

/**
 * A number; `empty` is what an empty field sends, without it the field must be filled.
 *
 * @param {About} about
 * @param {{min: number, max: number, unit?: string, scale?: number, empty?: unknown}} allowed   Bounds in what is shown.
 * @returns {Control & {field: Field}}
 */
export function number({ name, texts, send }, { min, max, unit = "", scale = 1, empty }) {
  const optional = empty !== undefined;
  const read = (/** @type {string} */ text) => {
    const value = numberReader({ min, max: () => max, scale, optional })(text);
    // Without a unit it counts something.
    if (unit === "" && value !== null && !Number.isInteger(value)) throw new FieldProblem("not_whole");
    return value;
  };
  // A share that grows while one looks is shown with one decimal.
  const steps = scale < 1 ? 10 : 1000;
  const write = (/** @type {number} */ value) => format.plain(Math.round((value / scale) * steps) / steps);
  const field = new Field({ name, label: `${texts}.${name}`, hint: `${texts}_hint.${name}`, unit, scale, read, write });
  field.input.addEventListener("change", () => {
    const value = field.check();
    if (value === undefined) return;
    field.dirty = false;
    send(name, value === null ? empty : value);
  });
  // Who has the cursor in the field is about to type.
  return { name, element: field.element, field, show: (value) => document.activeElement !== field.input && field.show(value) };
}

/**
 * @param {string} name
 * @param {string} texts
 * @param {HTMLElement[]} labels
 */
function choice(name, texts, labels) {
  return el(
    "div",
    { class: "field", role: "group", "data-t-label": `${texts}.${name}` },
    el("span", { class: "label", "data-t": `${texts}.${name}` }),
    el("div", { class: "choice" }, labels),
    el("p", { class: "field-hint", "data-t": `${texts}_hint.${name}` }),
  );
}

/**
 * Controls with a heading.
 *
 * @param {string} title   Key of its text.
 * @param {...HTMLElement} parts
 */
export function group(title, ...parts) {
  return el("fieldset", { class: "group" }, el("legend", { "data-t": title }), parts);
}

/**
 * A card that can be folded away: it is open at first where there is room.
 *
 * @param {string} name
 * @param {string} title   Key of its text.
 * @param {...HTMLElement} parts
 */
export function foldable(name, title, ...parts) {
  return el(
    "details",
    { class: `card ${name}`, open: matchMedia("(min-width: 900px)").matches },
    el("summary", { class: "card-head" }, el("h2", { "data-t": title })),
    parts,
  );
}
