"""Properties are not timed: a busy machine is no fault of the code. Without the hash library its tests are
left out: test_hash_library_build.py says whether it ought to be there."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

import powhash

collect_ignore_glob = [] if powhash.ALGORITHMS else ["test_powhash_*.py"]

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
