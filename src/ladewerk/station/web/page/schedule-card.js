// A schedule of one's own, from a CSV file: what is wrong with it stands by line and column, and then nothing changes.

import { ApiError, ask } from "../kit/api.js";
import { el, mark, say } from "../kit/dom.js";
import { onLanguage, t, tCode } from "../kit/i18n.js";

/** @typedef {import("./types.js").Unit} Unit */

export class ScheduleCard {
  /**
   * @param {string} id
   * @param {import("./token-field.js").TokenField} token
   */
  constructor(id, token) {
    this._token = token;
    this._url = `/api/units/${encodeURIComponent(id)}/schedule`;
    this._zone = new URLSearchParams({ time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone });
    this._file = el("input", { type: "file", accept: ".csv,text/csv", id: `schedule-${id}`, class: "visually-hidden", on: { change: () => this._chosen() } });
    this._outcome = el("p", { class: "outcome", role: "status" });
    this._errors = el("ul", { class: "schedule-errors" });
    /** @type {{field: string, code: string, params: Record<string, any>, text: string}[]} */
    this._problems = [];
    this.element = el(
      "details",
      { class: "card schedule" },
      el("summary", {}, el("h2", { "data-t": "schedule.title" })),
      el("p", { class: "small quiet", "data-t": "schedule.hint" }),
      el(
        "div",
        { class: "schedule-actions" },
        this._file,
        el("label", { class: "button small", for: `schedule-${id}`, "data-t": "schedule.choose" }),
        el("a", { class: "button small", href: `${this._url}/sample?${this._zone}`, download: "schedule.csv", "data-t": "schedule.sample" }),
      ),
      this._outcome,
      this._errors,
    );
    onLanguage(() => this._showProblems());
  }

  /** @param {Unit} unit */
  show(unit) {
    if (this._unit && this._unit.state !== unit.state) this._tell("", "");
    this._unit = unit;
  }

  async _chosen() {
    const [file] = this._file.files ?? [];
    if (!file) return;
    this._problems = [];
    this._showProblems();
    try {
      await ask("POST", `${this._url}?${new URLSearchParams({ ...Object.fromEntries(this._zone), ...this._token.said() })}`, file);
      this._tell(t("schedule.taken"), "good");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this._refused(error);
    } finally {
      // The same file may be chosen again once it is mended.
      this._file.value = "";
    }
  }

  /** @param {ApiError} error */
  _refused(error) {
    if (error.status === 413) {
      this._tell(t("problem.too_large"), "bad");
    } else if (Array.isArray(error.body?.errors)) {
      this._problems = error.body.errors;
      this._tell(t("schedule.wrong"), "bad");
      this._showProblems();
    } else {
      this._tell(tCode("problem", error.body), "bad");
      this._token.refused(error.body);
    }
  }

  _showProblems() {
    this._errors.replaceChildren(...this._problems.map((problem) => el("li", {}, this._where(problem))));
  }

  /** @param {{field: string, code: string, params: Record<string, any>, text: string}} problem */
  _where(problem) {
    const what = tCode("problem", { ...problem, params: { unit: "A", ...problem.params } }).trim();
    const { line } = problem.params;
    if (!line) return what;
    return t(problem.field ? "schedule.line" : "schedule.whole_line", { line, column: problem.field, what });
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
