# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Runs a command and prints its exit status, wall seconds, CPU seconds and peak memory in KiB.

A process inherits the peak of whoever started it, so whoever measures must be small: run this by `python3 -I -S`, and it imports
next to nothing.
"""
import os
import sys
import time

quiet = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
begin = time.monotonic()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, used = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), time.monotonic() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss)
