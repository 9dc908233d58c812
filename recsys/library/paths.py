"""The type of paths that the library accepts."""

import os

Pathlike = str | os.PathLike[str]
