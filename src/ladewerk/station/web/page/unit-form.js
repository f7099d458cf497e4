// The settings of one unit, or of one more; each is checked beside its field, and a session ends before they count.

import { ApiError, ask } from "../kit/api.js";
import { el, mark, say } from "../kit/dom.js";
import { Field, FieldProblem, Fields, numberReader } from "../kit/form.js";
import { format, onLanguage, t, tCode, translate } from "../kit/i18n.js";

/** @typedef {import("./types.js").Unit} Unit */

const DEFAULTS = { max_current_a: 16, direct_current_a: 16, phases: 3, calibration_s: 3600 };

export class UnitForm {
  /**
   * @param {string | null} id   Null: one more unit.
   * @param {() => void} done    Called when a new unit was added.
   */
  constructor(id, done) {
    this._id = id;
    this._done = done;
    /** @type {Record<string, any>} As the station has them. */
    this._settings = {};
    this._fields = new Fields(fields(id === null));
    this._auto = check("autostart");
    this._tests = check("self_test");
    this._outcome = el("p", { class: "outcome", role: "status" });
    this._save = el("button", { type: "submit", class: "button main", "data-t": id === null ? "settings.add" : "settings.save" });
    this._remove = id !== null && el("button", { type: "button", class: "button danger", "data-action": "remove", "data-t": "settings.remove", on: { click: () => this._askedToRemove() } });
    this._name = el("span", {}, id ?? "");
    if (id === null) mark(this._name, "data-t", "settings.new");
    this.element = el(
      "details",
      { class: "unit-settings" },
      el("summary", {}, this._name),
      el(
        "form",
        { novalidate: true, on: { submit: (/** @type {Event} */ event) => this._submit(event) } },
        el("div", { class: "needs-fields" }, this._fields.list.map((field) => field.element)),
        this._auto.element,
        this._tests.element,
        el("div", { class: "form-actions" }, this._save, this._remove),
        this._outcome,
      ),
    );
    translate(this.element);
    if (id === null) this._show({ evse: {}, meter: {} });
    onLanguage(() => this._remove && say(this._remove, t(this._sure ? "settings.remove_sure" : "settings.remove")));
  }

  /** Read what is set. */
  async load() {
    try {
      const { settings, waits } = await ask("GET", this._url());
      this._show(settings);
      if (waits) this._tell(t("settings.waits"), "");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this._tell(tCode("problem", error.body), "bad");
    }
  }

  /** @param {Unit} unit */
  show(unit) {
    this._running = unit.allowed.stop;
  }

  /**
   * The number of the EVSE that a new unit would get.
   *
   * @param {number} evse_id
   */
  suggest(evse_id) {
    this._field("evse_id")?.show(evse_id);
  }

  clear() {
    for (const field of this._fields.list) field.dirty = false;
    this._show({ evse: {}, meter: {} });
    this.element.open = false;
  }

  _url() {
    const name = this._id ?? this._field("id")?.input.value.trim() ?? "";
    return `/api/units/${encodeURIComponent(name)}`;
  }

  /** @param {string} name */
  _field(name) {
    return this._fields.list.find(({ options }) => options.name === name);
  }

  /** @param {Record<string, any>} settings */
  _show(settings) {
    this._settings = settings;
    for (const field of this._fields.list) {
      if (field.options.name === "id") continue;
      const value = valueAt(settings, field.options.name);
      field.show(value ?? DEFAULTS[/** @type {keyof typeof DEFAULTS} */ (field.options.name)] ?? null);
    }
    this._auto.input.checked = settings.autostart === true;
    this._tests.input.checked = settings.self_test !== "never";
  }

  /** @param {Event} event */
  async _submit(event) {
    event.preventDefault();
    const values = this._fields.values();
    if (values === null) {
      this._tell(t("needs.see_fields"), "bad");
      return;
    }
    mark(this._save, "aria-busy", "true");
    try {
      const { waits } = await ask("PUT", this._url(), this._changed(values));
      this._fields.settle();
      this._tell(t(waits ? "settings.waits" : this._id === null ? "settings.added" : "settings.saved"), "good");
      if (this._id === null) this._done();
      else await this.load();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this._refused(error);
    } finally {
      mark(this._save, "aria-busy", null);
    }
  }

  /** @param {Record<string, any>} values */
  _changed(values) {
    const settings = structuredClone(this._settings);
    for (const [name, value] of Object.entries(values)) {
      if (name === "id") continue;
      if (value === null && valueAt(settings, name) === undefined) continue;
      setAt(settings, name, value);
    }
    settings.evse.driver ??= "evse-wb";
    settings.meter.driver ??= "shelly-3em";
    settings.autostart = this._auto.input.checked;
    settings.self_test = this._tests.input.checked ? "before-each" : "never";
    return settings;
  }

  /** @param {ApiError} error */
  _refused(error) {
    if (!Array.isArray(error.body?.errors)) {
      this._tell(tCode("problem", error.body), "bad");
      return;
    }
    const homeless = this._fields.complain(error.body.errors.map((/** @type {any} */ one) => ({ ...one, params: { expected: reason(one), ...one.params } })));
    this._tell(homeless.map((one) => one.text).join(" ") || t("needs.see_fields"), "bad");
  }

  async _askedToRemove() {
    if (!this._remove) return;
    if (!this._sure) {
      this._sure = true;
      say(this._remove, t("settings.remove_sure"));
      this._tell(t(this._running ? "settings.remove_running" : "settings.remove_hint"), "bad");
      return;
    }
    try {
      await ask("DELETE", this._url());
      this._tell(t("settings.removed"), "good");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this._refused(error);
    }
    this._sure = false;
    say(this._remove, t("settings.remove"));
  }

  /**
   * @param {string} text
   * @param {string} tone
   */
  _tell(text, tone) {
    say(this._outcome, text);
    mark(this._outcome, "data-tone", tone || null);
  }
}

/**
 * Why, without the place that the field shows anyway.
 *
 * @param {{field: string, text: string}} problem
 */
function reason({ field, text }) {
  const place = `${field}: `;
  const at = text.lastIndexOf(place);
  return field && at >= 0 ? text.slice(at + place.length) : text;
}

/**
 * @param {boolean} isNew
 * @returns {Field[]}
 */
function fields(isNew) {
  const whole = (/** @type {number} */ min, /** @type {number} */ max) => {
    const read = numberReader({ min, max: () => max });
    return (/** @type {string} */ text) => {
      const value = read(text);
      if (!Number.isInteger(value)) throw new FieldProblem("not_a_whole_number");
      return value;
    };
  };
  const text = (/** @type {string} */ value) => {
    if (value === "") throw new FieldProblem("missing");
    return value;
  };
  const name = new Field({ name: "id", label: "settings.name", placeholder: "garage", inputmode: "text", read: (value) => {
    if (!/^[A-Za-z0-9_-]{1,40}$/.test(value)) throw new FieldProblem("not_a_name");
    return value;
  } });
  return [
    ...(isNew ? [name] : []),
    new Field({ name: "evse_id", label: "settings.evse_id", inputmode: "numeric", read: whole(1, 99) }),
    new Field({ name: "phases", label: "settings.phases", inputmode: "numeric", read: (value) => {
      if (value !== "1" && value !== "3") throw new FieldProblem("one_or_three");
      return Number(value);
    } }),
    new Field({ name: "max_current_a", label: "settings.max_current", unit: "A", read: numberReader({ min: 6, max: () => 80 }), write: format.plain }),
    new Field({ name: "direct_current_a", label: "settings.direct_current", unit: "A", read: numberReader({ min: 6, max: () => 80 }), write: format.plain }),
    new Field({ name: "evse.device", label: "settings.device", placeholder: "/dev/serial0", inputmode: "text", read: text }),
    new Field({ name: "evse.address", label: "settings.address", placeholder: "1", inputmode: "numeric", read: (value) => (value === "" ? null : whole(1, 247)(value)) }),
    new Field({ name: "meter.url", label: "settings.meter", placeholder: "http://192.168.1.20", inputmode: "url", read: text }),
    new Field({ name: "meter.password", label: "settings.meter_password", type: "password", inputmode: "text", autocomplete: "off", read: (value) => value || null }),
    new Field({ name: "calibration_s", label: "settings.calibration", unit: "s", read: numberReader({ min: 1, max: () => 86400 }), write: format.plain }),
  ];
}

/** @param {string} name */
function check(name) {
  const input = el("input", { type: "checkbox", name });
  return { input, element: el("label", { class: "check" }, input, el("span", { "data-t": `settings.${name}` })) };
}

/**
 * @param {Record<string, any>} settings
 * @param {string} name   Such as "evse.device".
 */
function valueAt(settings, name) {
  return name.split(".").reduce((/** @type {any} */ found, part) => found?.[part], settings);
}

/**
 * @param {Record<string, any>} settings
 * @param {string} name
 * @param {unknown} value   Null: not set.
 */
function setAt(settings, name, value) {
  const parts = name.split(".");
  const last = parts.pop() ?? "";
  const table = parts.reduce((found, part) => (found[part] ??= {}), settings);
  if (value === null) delete table[last];
  else table[last] = value;
}
