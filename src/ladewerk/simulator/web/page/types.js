// What the panel's API says.

/**
 * @typedef {object} FaultSet
 * @property {boolean} board_silent
 * @property {number | null} board_loses_every
 * @property {"diode" | "rcd" | null} board_failure
 * @property {boolean} relay_welded
 * @property {boolean} meter_silent
 * @property {boolean} meter_refuses
 * @property {boolean} meter_frozen
 * @property {("a" | "b" | "c")[]} meter_null_phases
 * @property {number | null} vehicle_swings_a
 * @property {boolean} vehicle_ignores_offer
 */

/**
 * @typedef {object} PanelState
 * @property {string} at
 * @property {boolean} plugged
 * @property {boolean} locked
 * @property {"A" | "B" | "C"} pilot
 * @property {number} set_current_a
 * @property {number} offer_a
 * @property {boolean} contactor_closed
 * @property {number} current_a          On each of the vehicle's phases.
 * @property {number} phases
 * @property {number} ev_power_w
 * @property {number} soc
 * @property {number} drawn_wh
 * @property {number} household_w
 * @property {number[]} registers_wh
 * @property {{ready: boolean, charging: boolean, fault: boolean}} lamps
 * @property {FaultSet} faults
 */

export {};
