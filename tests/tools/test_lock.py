"""Locking again installs nothing anew unless a lock really changed."""

import os
from pathlib import Path

from tools import lock

OLD = 1_600_000_000 * 10**9


def test_only_a_lock_that_changed_gets_a_new_time(tmp_path: Path) -> None:
    same, changed = tmp_path / "same.txt", tmp_path / "changed.txt"
    for path in (same, changed):
        path.write_text("a==1\n")
        os.utime(path, ns=(OLD, OLD))
    before = {path: (path.read_bytes(), path.stat()) for path in (same, changed)}
    same.write_text("a==1\n")
    changed.write_text("a==2\n")
    lock.keep_times(before)
    assert same.stat().st_mtime_ns == OLD
    assert changed.stat().st_mtime_ns > OLD
