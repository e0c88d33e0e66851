"""Names the statement analysis trusts: functions that read no table, catalogues without customer data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FUNCTIONS: Final = frozenset(
    """
abs acos acosd age any_value array array_agg array_append array_cat array_dims array_fill array_length
array_lower array_ndims array_position array_positions array_prepend array_remove array_replace
array_to_json array_to_string array_upper ascii asin atan atan2 avg bin bit_and bit_count bit_length
bit_or bit_xor bool_and bool_or btrim cardinality cast cbrt ceil ceiling char char_length
character_length charindex chr clock_timestamp coalesce concat concat_ws conv convert convert_from
convert_tz convert_to corr cos cot count covar_pop covar_samp crc32 cume_dist curdate current_catalog
current_database current_date current_schema current_schemas current_setting current_time
current_timestamp current_user curtime date date_add date_diff date_format date_part date_sub date_trunc
dateadd datediff datename datepart datetime datetrunc day dayname dayofmonth dayofweek dayofyear decode
degrees dense_rank difference div elt encode eomonth every exp extract field find_in_set first_value
floor format format_type from_base64 from_days from_unixtime gcd gen_random_uuid generate_series
generate_subscripts get_bit get_byte getdate getutcdate greatest group_concat grouping hex hour if iff
ifnull iif inet6_aton inet_aton inet_ntoa initcap insert instr isdate isfinite isnull isnumeric json
json_agg json_array json_array_elements json_array_elements_text json_array_length json_arrayagg
json_build_array json_build_object json_contains json_each json_each_text json_extract json_extract_path
json_extract_path_text json_keys json_length json_object json_object_agg json_object_keys json_objectagg
json_quote json_strip_nulls json_type json_typeof json_unquote json_valid json_value jsonb_agg
jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object
jsonb_each jsonb_each_text jsonb_extract_path jsonb_extract_path_text jsonb_object jsonb_object_agg
jsonb_object_keys jsonb_path_exists jsonb_path_query jsonb_pretty jsonb_set jsonb_strip_nulls
jsonb_typeof julianday justify_days justify_hours justify_interval lag last_day last_insert_id
last_value lcase lcm lead least left len length listagg ln localtime localtimestamp locate log log10
log2 lower lpad ltrim make_date make_interval make_time make_timestamp make_timestamptz makedate
maketime max md5 microsecond mid min minute mod mode month monthname months_between newid now nth_value
ntile nullif num_nonnulls num_nulls nvl nvl2 octet_length ord overlay parsename patindex percent_rank
percentile_cont percentile_disc period_diff pg_backend_pid pg_encoding_to_char pg_get_constraintdef
pg_get_expr pg_get_indexdef pg_get_userbyid pg_get_viewdef pg_is_in_recovery pg_postmaster_start_time
pg_relation_size pg_size_pretty pg_sleep pg_table_is_visible pg_total_relation_size pi pos position pow
power printf quarter quote quote_ident quote_literal quote_nullable quotename radians rand random range
rank regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace
regexp_split_to_array regexp_split_to_table regexp_substr regr_count regr_slope repeat replace replicate
reverse right round row row_count row_number row_to_json rpad rtrim scale sec_to_time second
session_user set_bit set_byte sha1 sha2 sha224 sha256 sha384 sha512 shobj_description obj_description
col_description sign sin space split_part sqrt starts_with statement_timestamp std stddev stddev_pop
stddev_samp str str_to_date strcmp strftime string_agg string_to_array strpos struct_pack stuff substr
substring substring_index subtime sum sysdate sysdatetime system_user tan time time_format time_to_sec
timediff timeofday timestamp timestampadd timestampdiff to_ascii to_base64 to_char to_date to_days
to_hex to_json to_jsonb to_number to_timestamp total transaction_timestamp translate trim trunc truncate
try_cast try_convert typeof ucase unhex unicode unix_timestamp unnest upper user utc_date utc_time
utc_timestamp uuid values var_pop var_samp variance version week weekday weekofyear width_bucket year
yearweek zeroifnull strlen list list_value struct_extract has_table_privilege has_schema_privilege
has_database_privilege has_column_privilege pg_has_role txid_current nextval currval lastval setseed
all any some
""".split()  # noqa: SIM905 # a word list is easier to read and to keep sorted than 500 quotes
)
"""Functions that only compute on their arguments. A function that is not here may read anything."""

FUNCTIONS_OF: Final[Mapping[str, frozenset[str]]] = {
    "postgres": frozenset(
        """
acosh array_shuffle array_sort asinh atanh bool box bpchar broadcast center circle cosh date_bin daterange
diagonal erf factorial family float4 float8 host hostmask inet_merge int2 int4 int4range int8 int8range
isempty json_populate_record json_populate_recordset json_to_record json_to_recordset jsonb_insert
jsonb_path_match jsonb_path_query_array jsonb_path_query_first jsonb_populate_record
jsonb_populate_recordset jsonb_set_lax jsonb_to_record jsonb_to_recordset line lower_inc lower_inf lseg
masklen min_scale netmask network numeric numnode numrange parse_ident pg_typeof phraseto_tsquery
plainto_tsquery point polygon querytree range_agg range_intersect_agg range_merge regr_avgx regr_avgy
regr_intercept regr_r2 regr_sxx regr_sxy regr_syy setweight sinh string_to_table tanh text timezone
to_tsquery to_tsvector trim_array trim_scale ts_headline ts_rank ts_rank_cd tsrange tstzrange
tsvector_to_array unistr upper_inc upper_inf varchar websearch_to_tsquery xmlagg xmlcomment xmlconcat
xmlforest xpath xpath_exists
""".split()  # noqa: SIM905 # a word list is easier to read
    ),
    "mysql": frozenset(
        """
adddate addtime aes_decrypt aes_encrypt bin_to_uuid compress crc32c export_set found_rows inet6_ntoa is_uuid
json_array_append json_array_insert json_compact json_contains_path json_depth json_detailed json_equals
json_exists json_insert json_loose json_merge_patch json_merge_preserve json_overlaps json_pretty json_query
json_remove json_replace json_search json_set make_set natural_sort_key oct octet soundex subdate uncompress
uncompressed_length uuid_to_bin weight_string
""".split()  # noqa: SIM905 # a word list is easier to read
    ),
    "sqlite": frozenset(
        """
changes glob json_array_insert json_group_array json_group_object json_insert json_patch json_remove
json_replace json_set json_tree likelihood likely soundex total_changes unlikely zeroblob
""".split()  # noqa: SIM905 # a word list is easier to read
    ),
    "duckdb": frozenset(
        """
approx_count_distinct approx_quantile arg_max arg_min array_contains array_distinct array_unique
bitstring_agg damerau_levenshtein datesub element_at entropy epoch epoch_ms epoch_ns epoch_us favg first
fsum geomean hamming histogram jaccard jaro_similarity jaro_winkler_similarity kurtosis last levenshtein
list_aggregate list_avg list_concat list_contains list_count list_distinct list_extract list_max list_min
list_position list_reverse list_slice list_sort list_sum list_unique mad map_entries map_extract
map_from_entries map_keys map_values max_by median min_by product quantile quantile_cont quantile_disc
regexp_extract regexp_extract_all regexp_full_match skewness str_split string_split string_split_regex
strptime struct_insert time_bucket try_strptime union_tag
""".split()  # noqa: SIM905 # a word list is easier to read
    ),
}
"""More of them, by the dialect whose server has them: elsewhere such a name may be anybody's function."""


def computes(name: str, family: str) -> bool:
    """Whether a function of this name (in any case) only computes on its arguments."""
    return name.lower() in FUNCTIONS or name.lower() in FUNCTIONS_OF.get(family, ())


READING_NODES: Final = frozenset(
    {"ReadCSV", "ReadParquet", "OpenJSON", "Command", "Pivot", "MatchRecognize", "DynamicIdentifier"}
)
"""sqlglot node types that read what no column of theirs shows, or that move columns about."""
READING_ANYTHING: Final = frozenset({"ReadCSV", "ReadParquet", "Command", "DynamicIdentifier"})
"""Those of them that may read any table: Snowflake's `IDENTIFIER('name')`, for one, names it by a value."""

FUNCTION_SCHEMAS: Final = frozenset({"pg_catalog", "sys"})

SYSTEM_SCHEMAS: Final = frozenset({"pg_catalog", "information_schema"})
LEAKING_CATALOGS: Final = frozenset(
    """
pg_stats pg_statistic pg_stats_ext pg_stats_ext_exprs pg_statistic_ext_data pg_stat_activity
pg_stat_statements pg_largeobject pg_cursors pg_prepared_statements pg_authid pg_shadow pg_user_mapping
pg_user_mappings pg_file_settings pg_hba_file_rules pg_stat_ssl processlist user_privileges
column_statistics
""".split()  # noqa: SIM905 # a word list is easier to read and to keep sorted than 500 quotes
)
"""Tables of the system catalogue that hold samples of the data, statements of others, or secrets."""

PG_CATALOGS: Final = frozenset(
    """
pg_aggregate pg_am pg_amop pg_amproc pg_attrdef pg_attribute pg_available_extensions pg_cast pg_class
pg_collation pg_constraint pg_conversion pg_database pg_depend pg_description pg_enum pg_event_trigger
pg_extension pg_foreign_server pg_foreign_table pg_group pg_index pg_indexes pg_inherits pg_init_privs
pg_language pg_locks pg_matviews pg_namespace pg_opclass pg_operator pg_opfamily pg_partitioned_table
pg_policies pg_policy pg_proc pg_publication pg_publication_rel pg_range pg_rewrite pg_roles pg_rules
pg_sequence pg_sequences pg_settings pg_shdepend pg_shdescription pg_stat_all_tables pg_stat_database
pg_stat_replication pg_stat_user_indexes pg_stat_user_tables pg_statio_user_tables pg_statistic_ext
pg_subscription pg_tables pg_tablespace pg_timezone_names pg_transform pg_trigger pg_ts_config pg_type
pg_user pg_views
""".split()  # noqa: SIM905 # a word list is easier to read and to keep sorted than 500 quotes
)
"""System tables that PostgreSQL finds without a schema name before any other."""

_PARTS: Final = (
    r"(?:\s+(?:work|transaction|tran|isolation|level|read|write|only|committed|uncommitted"
    r"|repeatable|serializable|not|deferrable|and|no|chain|release|snapshot|consistent|with))*"
)
HARMLESS: Final = re.compile(
    rf"\s*(?:(?:begin|start\s+transaction|commit|rollback|abort|end){_PARTS}(?:\s*,{_PARTS})*"
    r"|set\s+(?:session\s+characteristics\s+as\s+)?transaction" + _PARTS + r"(?:\s*,?" + _PARTS + r")*"
    r"|(?:rollback\s+(?:work\s+|transaction\s+)?to|savepoint|release)(?:\s+savepoint)?\s+\w+"
    r"|show\s+(?!(?:full\s+)?processlist\b|binlog\b|relaylog\b|engine\b)[\w.]+(?:\s+[\w.]+)?|reset\s+(?!role\b|all\b|search_path\b|session\b)[\w.]+"
    r"|deallocate\s+(?:prepare\s+)?\w+|close\s+\w+|checkpoint"
    r"|set\s+(?:session\s+|local\s+)?(?!role\b|search_path\b|session_authorization\b|authorization\b|session\b|local\b|schema\b|sql_mode\b|password\b|character\b|statement\b"
    r"|standard_conforming_strings\b|backslash_quote\b|quoted_identifier\b|ansi_\w+\b)"
    r"[a-z_][\w.]*\s*(?:=|\bto\b|\s)\s*(?:'[^']*'|[\w.+-]+)(?:\s*,\s*(?:'[^']*'|[\w.+-]+))*"
    r"|(?:vacuum|analyze|analyse|reindex|cluster)(?!\s+(?:select|with|insert|replace|update|delete|values|format)\b)(?:\s*\([\w\s,]*\))?(?:\s+[\w.\"]+)*"
    r")\s*;?\s*",
    re.IGNORECASE | re.ASCII,
)
"""One statement that touches no data of any table and changes no meaning of a later one."""

KINDS_BY_WORD: Final = {
    "select": "read", "with": "read", "table": "read", "values": "read", "fetch": "read", "explain": "read",
    "insert": "insert", "replace": "insert", "load": "insert", "import": "insert",
    "update": "update", "merge": "update", "upsert": "update",
    "delete": "delete", "truncate": "delete",
    "copy": "export", "unload": "export", "export": "export",
    "create": "ddl", "alter": "ddl", "drop": "ddl", "comment": "ddl", "rename": "ddl", "security": "ddl",
    "grant": "grant", "revoke": "grant", "reassign": "grant",
}  # fmt: skip
"""What a statement that cannot be read is about, by its first word."""

ROLE_COMMAND: Final = re.compile(
    r"\s*(?:create|alter|drop)\s+(?:role|user|group)\b|\s*alter\s+default\s+privileges\b", re.IGNORECASE
)
NAMED_STATEMENT: Final = re.compile(
    r"\s*(?:prepare\s+\w+\s*(?:\([^()]*\)\s*)?as\s+(?=select|with|values|insert|update|delete|merge)"
    r"|declare\s+\w+(?:\s+(?:binary|asensitive|insensitive|no\s+scroll|scroll))*\s+cursor(?:\s+with(?:out)?\s+hold)?"
    r"\s+for\s+(?=select|with|values))",
    re.IGNORECASE | re.ASCII,
)
"""What PostgreSQL writes before a statement that gets a name; the rest is the statement."""
EXPLAINED: Final = re.compile(
    r"\s*(?:explain|analyze|describe|desc)(?:\s+(?:analyze|verbose|extended|query\s+plan|format\s*=\s*\w+|partitions)"
    r"|\s*\([\w\s,]*\))*\s+(?=select|with|values|table|insert|update|delete|merge|replace)",
    re.IGNORECASE | re.ASCII,
)
"""What stands before a statement whose plan is wanted; with ANALYZE the server runs it."""
EXPLAINING: Final = frozenset({"postgres", "mysql", "sqlite", "duckdb"})
OUTFILE: Final = re.compile(r"\binto\s+(?:outfile|dumpfile)\b", re.IGNORECASE)
EXECUTABLE_COMMENT: Final = re.compile(r"/\*M?!", re.IGNORECASE)
MYSQL_DASHES: Final = re.compile(r"--(?=[^\s])")
"""`--1` begins a comment for everybody but MySQL, for which it is minus minus one."""
FOLDING_TRAPS: Final = re.compile("[\u212a\u0130]")
"""The Kelvin sign and the dotted capital I become ASCII letters (and more) in lower case."""
