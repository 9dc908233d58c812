{# A real number in units of 1e-12, as an integer: sums of integers do not depend on the order of rows or the number of
   threads. 64 bits hold a sum of nine million terms of size 1. Uses floor(), because Spark's round() to decimals of
   arbitrary length takes longer than the rest of the sum. #}
{% macro trillionths(value) -%}
cast(floor(({{ value }}) * 1e12 + 0.5) as bigint)
{%- endmacro %}

{# One 64-bit key for two items below 2^31: compared in one step, in half the memory of two columns. #}
{% macro pair_id(item_i, item_j) -%}
cast({{ item_i }} as bigint) * 4294967296 + {{ item_j }}
{%- endmacro %}

{# Logarithm of a sum, from the logarithms of its terms. log_of_nothing() stands for the logarithm of 0, and NULL for
   a missing second term. #}
{% macro log_of_sum(one, other) -%}
greatest({{ one }}, {{ other }}) + ln(1 + exp(-abs({{ one }} - coalesce({{ other }}, {{ log_of_nothing() }}))))
{%- endmacro %}

{% macro log_of_nothing() -%}
(-1e308::double)
{%- endmacro %}

{# Dot product of two lists of numbers as doubles, NULL if one of them is NULL. #}
{% macro dot_product(one, other) -%}
list_dot_product(cast({{ one }} as double[]), cast({{ other }} as double[]))
{%- endmacro %}
