{#- A number 0..2147483646 of two others and the seed, as good as drawn: a fifth power modulo the prime 2^31 - 1
    permutes its remainders, since 5 has no divisor with 2^31 - 2 in common. It is taken twice. A tenth of the
    time of md5, and no product or sum is larger than a BIGINT. Seeds from 0 to 2^31 - 1 are all different: the
    last, which is 0 modulo the prime, has another factor. -#}
{% macro seeded(one, other) -%}
(
        794317847 * {{ one }}::bigint
        + (558847950 + $seed::bigint // 2147483647) * {{ other }}::bigint
        + 926654935 * ($seed::bigint % 2147483647) + 1
    ) % 2147483647
{%- endmacro %}
{% macro mixed(digest) -%}
(({{ digest }} * {{ digest }} % 2147483647) * ({{ digest }} * {{ digest }} % 2147483647) % 2147483647)
        * {{ digest }} % 2147483647
{%- endmacro %}
