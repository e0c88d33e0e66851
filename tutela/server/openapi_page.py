"""The description of the interface as a page that needs nothing else: no script, no style from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

TEMPLATE: Final = """{% macro links(part) %}{% for name in names(part) -%}
<a href="#schema-{{ name }}">{{ name }}</a>
{%- endfor %}{% endmacro -%}
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ info.title }}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; }
h2 { margin-top: 2.5rem; border-top: 1px solid #d0d7de; padding-top: 1rem; }
code, pre { font: 14px/1.4 ui-monospace, monospace; }
pre { background: #f6f8fa; padding: .75rem; overflow-x: auto; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top; }
.method { font-weight: 700; text-transform: uppercase; }
@media (prefers-color-scheme: dark) {
  body { background: #0d1117; color: #e6edf3; }
  pre { background: #161b22; }
  h2 { border-color: #30363d; }
  a { color: #58a6ff; }
}
</style>
</head>
<body>
<h1>{{ info.title }} <small>{{ info.version }}</small></h1>
<p>{{ info.description }} For programs: <a href="openapi.json">openapi.json</a>.</p>
{% for path, operations in paths.items() %}{% for method, operation in operations.items() %}
<h2 id="{{ operation.operationId }}"><span class="method">{{ method }}</span> <code>{{ path }}</code></h2>
<p>{{ operation.summary }}</p>
{% if operation.requestBody %}
<p>Body: {{ links(operation.requestBody) }}</p>
{% endif %}
<table>
<tr><th>status</th><th>answer</th></tr>
{% for status, answer in operation.responses | dictsort %}
<tr><td>{{ status }}</td><td>{{ (answer if "description" in answer else responses[status]).description }}
{{ links(answer) }}</td></tr>
{% endfor %}
</table>
{% endfor %}{% endfor %}
{% for name, schema in schemas.items() %}
<h2 id="schema-{{ name }}">{{ name }}</h2>
<pre>{{ schema | tojson(indent=2) }}</pre>
{% endfor %}
</body>
</html>
"""


def page(document: Mapping[str, Any]) -> str:
    """The page of a description."""
    from jinja2 import Environment

    found = Environment(autoescape=True, trim_blocks=True).from_string(TEMPLATE)
    components = document["components"]
    return found.render(
        info=document["info"],
        paths=document["paths"],
        responses=components["responses"],
        schemas=components["schemas"],
        names=_names,
    )


def _names(part: Mapping[str, Any]) -> list[str]:
    """The schemas that a body or an answer has."""
    found = [content["schema"].get("$ref", "") for content in part.get("content", {}).values()]
    return [name.rpartition("/")[2] for name in found if name]
