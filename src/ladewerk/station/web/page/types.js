// What the station's API says, for the type checker of an editor.

/** @typedef {{code: string, params: Record<string, any>, text?: string}} Said */

/**
 * @typedef {object} Needs
 * @property {string} mode
 * @property {number} energy_wh
 * @property {string} depart_at
 * @property {number} min_current_a
 * @property {number} max_current_a
 */

/** @typedef {{start_at: string, end_at: string | null, limit_a: number}} Period   The end is null where it holds for ever. */

/**
 * @typedef {object} Unit
 * @property {string} id
 * @property {number} evse_id
 * @property {string} state
 * @property {Said} sentence
 * @property {string | null} pilot
 * @property {Said | null} error
 * @property {string | null} mode
 * @property {number} set_current_a
 * @property {number | null} offered_limit_a
 * @property {number | null} allowed_a        What all charging profiles and outside limits together leave.
 * @property {number | null} cable_limit_a
 * @property {number} max_current_a
 * @property {number} phases
 * @property {number | null} power_w
 * @property {(number | null)[]} current_a
 * @property {(number | null)[]} voltage_v
 * @property {number} session_energy_wh
 * @property {Needs | null} needs
 * @property {{received_at: string, periods: Period[], ends_at: string | null} | null} plan
 * @property {{waiting: Period[], current: Period | null, completed: Period[]}} actions
 * @property {string | null} transaction_id
 * @property {{submit: boolean, start: boolean, stop: boolean, reset: boolean, direct: boolean}} allowed
 */

/** @typedef {{at: string, level: string, code: string, params: Record<string, any>, text: string}} Message */

/**
 * @typedef {object} StationState
 * @property {string} now
 * @property {string} time_from   "none": nobody has said what time it is.
 * @property {{identity: string, version: string, time_zone: string | null, csms: {url: string, connected: boolean, since: string | null, reason: string | null}}} station
 * @property {Unit[]} units
 * @property {Message[]} messages
 */

export {};
