"""Certificates of stations: a CA of our own signs them, and each is renewed before its end.

``authority.py`` is the CA: its key in a private file, the rules by which it signs. ``issued.py`` is what is kept of each
certificate. ``issuing.py`` answers a station's SignCertificate, brings it its certificate, and asks for the next one in
time: start reading there.
"""
