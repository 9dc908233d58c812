"""Options of the Java that tests start: it lives for seconds, and its data are tiny."""

from __future__ import annotations

SHORT_LIVED = " ".join(
    (
        # So short a life repays neither the optimising compiler nor a second look at Spark's classes.
        "-XX:TieredStopAtLevel=1 -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote",
        # Room for Spark's classes and their code from the start: no collection, and nothing compiled again, for more.
        "-XX:MetaspaceSize=256m -XX:ReservedCodeCacheSize=240m",
        # Each sort and each aggregate of a task clears a page, which Spark would make as large as the memory allows.
        "-Dspark.buffer.pageSize=1m",
    )
)
