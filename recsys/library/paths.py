"""What the library takes for the path of a file or folder."""

import os

Pathlike = str | os.PathLike[str]
