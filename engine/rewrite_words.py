"""What a query that is rewritten may be made of: everything else is refused, whatever it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from .statements_words import computes

if TYPE_CHECKING:
    from collections.abc import Mapping

NODES: Final = frozenset(
    """
Select From Join Where Group Having Qualify Order Ordered Limit Offset Fetch With CTE TableAlias Identifier Column
Table Subquery Star Alias Paren Tuple Literal Null Boolean Neg Distinct Union Intersect Except Values Var DataType
DataTypeParam Cast TryCast Case If In Between Exists Not And Or Xor Is EQ NEQ NullSafeEQ NullSafeNEQ GT GTE LT LTE
Add Sub Mul Div IntDiv Mod Pow DPipe SafeDPipe Like ILike SimilarTo RegexpLike RegexpILike Escape Collate Window
WindowSpec Filter WithinGroup Lateral Any All Array Dot Interval AtTimeZone Cube Rollup GroupingSets IgnoreNulls
RespectNulls Unnest JSONExtract JSONExtractScalar JSONBExtract JSONBExtractScalar JSONPath JSONPathRoot JSONPathKey
JSONPathSubscript Anonymous AnonymousAggFunc CombinedAggFunc RawString Bracket Parameter Placeholder LimitOptions
PropertyEQ BitwiseAnd BitwiseOr BitwiseXor BitwiseNot BitwiseLeftShift BitwiseRightShift Kwarg IntervalSpan
""".split()  # noqa: SIM905 # a word list is easier to read
)
"""Node types that only name columns of their sources and compute."""

TYPED_FUNCTIONS: Final = frozenset(
    """
Count Sum Avg Min Max Coalesce Nullif Greatest Least Lower Upper Length Initcap Trim Substring SubstringIndex Concat
ConcatWs Replace Left Right Pad Reverse Repeat StrPosition SplitPart StartsWith EndsWith Abs Round Ceil Floor Sqrt Sign
Ln Log Exp Rand CurrentDate CurrentTime CurrentTimestamp Localtime Localtimestamp Extract DateTrunc TimestampTrunc
DateAdd DateSub DateDiff TimestampAdd TimestampSub TimestampDiff Date Year Month Day Quarter Week Hour Minute Second
TimeToStr StrToTime StrToDate ToChar Stddev StddevPop StddevSamp Variance VariancePop Median PercentileCont
PercentileDisc Quantile ArrayAgg ArrayLength ArrayContains ArrayConcat ArrayToString GroupConcat StringToArray
LogicalAnd LogicalOr RowNumber Rank DenseRank PercentRank CumeDist Ntile Lag Lead FirstValue LastValue NthValue MD5
MD5Digest SHA SHA2 RegexpReplace RegexpExtract RegexpCount GenerateSeries ExplodingGenerateSeries JSONObject JSONArray
JSONObjectAgg JSONBObjectAgg JSONArrayAgg ToJson CurrentUser SessionUser Corr CovarPop CovarSamp AnyValue Mode Chr Ascii
Unicode Hex Translate Ceil Typeof IsNan IsInf Struct PropertyEQ ToNumber MakeInterval DateStrToDate TsOrDsToDate
CastToStrType Encode Decode Stuff Explode ArrayContainsAll ArrayContainedBy
ArrayOverlaps JSONBContains JSONBContainsTopKey JSONBContainsAnyTopKeys JSONBContainsAllTopKeys
BitwiseAndAgg BitwiseOrAgg BitwiseXorAgg UnixToTime SHA2Digest
""".split()  # noqa: SIM905 # a word list is easier to read
)
"""Functions for which sqlglot has node types of their own."""

_NOT_HERE: Final = frozenset(
    """
current_setting nextval currval lastval setseed last_insert_id row_count txid_current format_type obj_description
shobj_description col_description current_schemas insert sleep
""".split()  # noqa: SIM905 # a word list is easier to read
)


def _safe(name: str, family: str) -> bool:
    """Whether a function only computes on its arguments, and reads no settings, catalogues or sequences either."""
    known = name.lower()
    if known in _NOT_HERE or known.startswith(("pg_", "has_")):
        return known == "pg_typeof"
    return computes(known, family) or known in ("encode", "sha256")


ARGUMENTS: Final[Mapping[type[exp.Expr], frozenset[str]]] = {
    exp.Select: frozenset(
        {"with_", "expressions", "distinct", "from_", "joins", "laterals", "where", "group", "having", "qualify",
         "windows", "order", "limit", "offset"}
    ),
    exp.Table: frozenset({"this", "db", "catalog", "alias", "joins", "laterals", "ordinality"}),
    exp.Join: frozenset({"this", "side", "kind", "method", "on", "using"}),
    exp.With: frozenset({"expressions", "recursive"}),
    exp.CTE: frozenset({"this", "alias", "materialized"}),
    exp.Star: frozenset(),
    exp.DataType: frozenset({"this", "expressions", "nested", "values"}),
    exp.Subquery: frozenset({"this", "alias", "with_", "joins", "order", "limit", "offset"}),
}  # fmt: skip
"""What these nodes may hold: no locks, samples, hints, ONLY, INTO, PIVOT, or `* EXCEPT (...)`."""
JOINS: Final[Mapping[str, frozenset[str]]] = {
    "method": frozenset({"", "NATURAL"}),
    "kind": frozenset({"", "INNER", "OUTER", "CROSS", "SEMI", "ANTI"}),
    "side": frozenset({"", "LEFT", "RIGHT", "FULL"}),
}
STRANGE_TYPES: Final = frozenset(
    {exp.DataType.Type.USERDEFINED, exp.DataType.Type.OBJECT, exp.DataType.Type.UNKNOWN, exp.DataType.Type.XML}
)


class RefusedError(Exception):
    """A statement that is not rewritten; `code` is a message, `what` its argument and never a value."""

    def __init__(self, code: str, what: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.what = what[:80]


def check_query(tree: exp.Expr, family: str) -> None:
    """Refuse everything that is not a query made of what is listed here."""
    if not isinstance(tree, (exp.Select, exp.SetOperation, exp.Subquery)):
        raise RefusedError("rewrite-not-query", type(tree).__name__.upper())
    for node in tree.walk():
        name = type(node).__name__
        if name not in NODES:
            _check_function(node, name, family)
        if (known := ARGUMENTS.get(type(node))) is not None:
            for argument, value in node.args.items():
                if value and argument not in known:
                    raise RefusedError("rewrite-clause", argument.strip("_").upper())
        _check_details(node, family)


def _check_function(node: exp.Expr, name: str, family: str) -> None:
    if not isinstance(node, exp.Func):
        raise RefusedError("rewrite-clause", name.upper())
    if name not in TYPED_FUNCTIONS and not any(_safe(known, family) for known in type(node).sql_names()):
        raise RefusedError("rewrite-function", name)


def _check_details(node: exp.Expr, family: str) -> None:
    match node:
        case exp.Anonymous() | exp.AnonymousAggFunc() | exp.CombinedAggFunc():
            if not _safe(str(node.name), family):
                raise RefusedError("rewrite-function", str(node.name))
        case exp.Join():
            for part, known in JOINS.items():
                if str(node.args.get(part) or "").upper() not in known:
                    raise RefusedError("rewrite-clause", f"{node.args[part]} JOIN")
        case exp.DataType() if node.this in STRANGE_TYPES or not isinstance(node.this, exp.DataType.Type):
            raise RefusedError("rewrite-clause", "CAST")
        case exp.Dot() if isinstance(node.expression, exp.Func):  # schema.function(), not (row).field
            raise RefusedError("rewrite-function", node.expression.name)
        case exp.Parameter() if not isinstance(node.this, exp.Literal) or node.this.is_string:
            raise RefusedError("rewrite-clause", "PARAMETER")  # `$1`, which the caller fills with a value, is none
        case _:
            pass
