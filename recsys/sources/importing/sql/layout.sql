-- how a text file is laid out
select
    "Delimiter" as delimiter,
    "Quote" as quote,
    "Escape" as escape,
    "HasHeader" as header,
    "Columns" as columns,
    "SkipRows" as skipped,
    "DateFormat" as date_format,
    "TimestampFormat" as timestamp_format
from sniff_csv($file, sample_size = $sample)
