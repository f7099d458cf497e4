"""Charging-profile arithmetic: pure functions over OCPP 2.1 types and timelines.

``schedule`` checks the TxProfile of a SetChargingProfile, turns it into a timeline of amps per phase, and trims and aligns
that timeline. Start reading there.
"""
