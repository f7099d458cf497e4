// Power, price and energy over time: the one place that knows the chart library.

import uPlot from "../vendor/uplot/uPlot.esm.js";
import { el, mark, say } from "./dom.js";
import { format, onLanguage, t } from "./i18n.js";
import { onZone, wallClock } from "./zone.js";

/**
 * @typedef {object} Line
 * @property {string} label    Key of its name.
 * @property {string} colour   Name of the CSS property with its colour, such as "--ev".
 * @property {"line" | "step"} shape   A step holds from its time until the next.
 * @property {boolean} [filled]
 * @property {boolean} [dashed]
 * @property {"power" | "price"} scale
 * @property {string} [hidden] Set: not in the legend.
 */

/**
 * @typedef {object} Picture
 * @property {Line[]} lines
 * @property {(number | null)[][]} data        Epoch seconds, then one list per line.
 * @property {(number | null)[][]} [said]      What the legend says instead of `data`, where lines are stacked.
 * @property {string} summary                  What a screen reader says of the picture.
 * @property {string} [currency]
 * @property {number | null} [now]             Epoch seconds of the marker.
 * @property {[number, number] | null} [span]  Epoch seconds of the x axis; else that of the data.
 * @property {number} [atLeastW]               The power axis reaches at least this.
 */

/** `<lw-chart>`: call `show` with a Picture, as often as it changes. Its height is the style sheet's. */
export class Chart extends HTMLElement {
  connectedCallback() {
    this._plot = el("div", { class: "chart-plot", role: "img" });
    this._legend = el("div", { class: "chart-legend" });
    this.append(this._legend, this._plot);
    /** @type {Picture | null} */
    this._picture = null;
    /** @type {any} The library has no types here. */
    this._drawn = null;
    /** @type {string} What cannot change without drawing anew. */
    this._shape = "";
    new ResizeObserver(() => this._resize()).observe(this._plot);
    const again = () => {
      this._shape = "";
      if (this._picture) this.show(this._picture);
    };
    onLanguage(again);
    onZone(again);
    document.addEventListener("themechange", again);
  }

  /** @param {Picture} picture */
  show(picture) {
    this._picture = picture;
    const plot = /** @type {HTMLElement} */ (this._plot);
    mark(plot, "aria-label", picture.summary);
    const shape = JSON.stringify([picture.lines, picture.currency]);
    if (this._drawn && shape === this._shape) {
      this._drawn.setData(picture.data);
      return;
    }
    this._shape = shape;
    this._drawn?.destroy();
    this._drawn = new uPlot(this._options(picture), picture.data, plot);
    this._showLegend(null);
  }

  /** @param {Picture} picture */
  _options(picture) {
    const style = getComputedStyle(this);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    const { width, height } = this._size();
    const priced = picture.lines.some((line) => line.scale === "price");
    return {
      width,
      height,
      tzDate: (/** @type {number} */ at) => localDate(at),
      padding: [10, priced ? 0 : 40, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
      scales: {
        x: { time: true, range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => this._picture?.span ?? [low, high] },
        power: { range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => powerRange(low, high, this._picture?.atLeastW ?? 0) },
        price: { range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => [Math.min(0, low), Math.max(0.01, high) * 1.25] },
      },
      axes: axes(colour, priced, picture.currency ?? ""),
      series: [{}, ...picture.lines.map((line) => series(line, colour))],
      hooks: {
        draw: [(/** @type {any} */ plot) => drawNow(plot, this._picture?.now ?? null, colour("--ink"))],
        setCursor: [(/** @type {any} */ plot) => this._pointed(plot.cursor.idx)],
      },
    };
  }

  _size() {
    const box = /** @type {HTMLElement} */ (this._plot).getBoundingClientRect();
    return { width: Math.max(60, Math.floor(box.width)), height: Math.max(60, Math.floor(box.height)) };
  }

  _resize() {
    this._drawn?.setSize(this._size());
  }

  /** @param {number | null} index */
  _pointed(index) {
    this._showLegend(index ?? null);
    this.dispatchEvent(new CustomEvent("point", { detail: index ?? null }));
  }

  /** @param {number | null} index */
  _showLegend(index) {
    const picture = this._picture;
    const legend = /** @type {HTMLElement} */ (this._legend);
    if (!picture) return;
    const at = index === null ? null : picture.data[0][index];
    const entries = picture.lines.flatMap((line, place) => (line.hidden ? [] : [{ line, place }]));
    while (legend.children.length > entries.length + 1) legend.lastElementChild?.remove();
    while (legend.children.length < entries.length + 1) legend.append(el("span", { class: "chart-entry" }));
    say(legend.children[0], at === null || at === undefined ? "" : format.when(at));
    entries.forEach(({ line, place }, i) => {
      const value = index === null ? null : (picture.said ?? picture.data)[place + 1][index];
      const entry = legend.children[i + 1];
      mark(entry, "data-line", line.colour.slice(2));
      const text = value === null || value === undefined ? "" : ` ${valueText(value, line, picture.currency ?? "")}`;
      say(entry, t(line.label) + text);
    });
  }
}

/**
 * @param {number} value
 * @param {Line} line
 * @param {string} currency
 */
function valueText(value, line, currency) {
  return line.scale === "price" ? `${format.money(value, currency)}/kWh` : format.kw(value);
}

/**
 * @param {number} low
 * @param {number} high
 * @param {number} atLeast
 */
function powerRange(low, high, atLeast) {
  return [Math.min(0, low ?? 0), Math.max(high ?? 0, atLeast, 1000) * 1.06];
}

/**
 * @param {(name: string) => string} colour
 * @param {boolean} priced
 * @param {string} currency
 */
function axes(colour, priced, currency) {
  const font = "12px system-ui, sans-serif";
  const grid = { stroke: colour("--grid"), width: 1 };
  const common = { stroke: colour("--muted"), font, ticks: { show: false } };
  const x = {
    ...common,
    grid: { show: false },
    size: 26,
    gap: 6,
    space: 64,
    values: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map((at) => (isMidnight(at) ? format.day(at) : format.time(at))),
  };
  const power = {
    ...common,
    scale: "power",
    grid,
    size: 58,
    space: 26,
    values: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map((watts) => `${format.number(watts / 1000)} kW`),
  };
  const price = {
    ...common,
    scale: "price",
    side: 1,
    size: 62,
    space: 26,
    grid: { show: false },
    values: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map((value) => format.money(value, currency)),
  };
  return priced ? [x, power, price] : [x, power];
}

/** @param {number} at  Epoch seconds. */
function isMidnight(at) {
  const { hour, minute } = wallClock(new Date(at * 1000));
  return hour + minute === 0;
}

/**
 * A Date whose fields, read in the browser's zone, are those of the place's: by it the library finds whole hours and midnights.
 *
 * @param {number} at  Epoch seconds.
 */
function localDate(at) {
  const { year, month, day, hour, minute, second } = wallClock(new Date(at * 1000));
  return new Date(year, month - 1, day, hour, minute, second);
}

/**
 * @param {Line} line
 * @param {(name: string) => string} colour
 */
function series(line, colour) {
  const stroke = colour(line.colour);
  return {
    scale: line.scale,
    stroke,
    width: line.filled ? 1 : 2,
    fill: line.filled ? colour(`${line.colour}-fill`) : undefined,
    dash: line.dashed ? [6, 4] : undefined,
    points: { show: false },
    paths: line.shape === "step" ? uPlot.paths.stepped?.({ align: 1 }) : uPlot.paths.linear?.(),
    spanGaps: false,
  };
}

/**
 * @param {any} plot
 * @param {number | null} now
 * @param {string} colour
 */
function drawNow(plot, now, colour) {
  if (now === null) return;
  const x = Math.round(plot.valToPos(now, "x", true));
  const { left, top, width, height } = plot.bbox;
  if (x < left || x > left + width) return;
  const { ctx } = plot;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.globalAlpha = 0.55;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, top + height);
  ctx.stroke();
  ctx.restore();
}

customElements.define("lw-chart", Chart);
