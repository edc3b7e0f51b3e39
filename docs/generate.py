"""Writes the pages of `docs/reference/` from the code they are about.

    python docs/generate.py

Descriptions are the `#:` comments above fields, docstrings and help texts, so that a page cannot
say other than the code. `tests/docs/test_reference.py` fails when a page is not current.
The JSON Schemas of mapping files, in `mappings/schema/`, are written with them.
"""

from __future__ import annotations

import ast
import enum
import inspect
import json
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_origin

import prometheus_client
import typer.main
from pydantic import BaseModel

from hub import failpoints, registry, settings
from hub.cli.app import build
from hub.cli.connectors import described
from hub.cli.help_zh import HELP_ZH
from hub.connector import Connector, FieldSpec, Operation, Stream
from hub.flow import document_checks
from hub.logs import Metrics
from hub.mapping.faults import CODES
from hub.mapping.shipped import shipped_folder
from hub.mapping.writing import schema, vocabulary
from hub.mapping.writing.vocabulary import Example, Function, Term
from hub.mapping.writing.vocabulary.terms import Choice
from hub.records import KINDS, Record
from hub.web.api.answers import ALWAYS
from hub.web.api.app import described as described_api

FOLDER = Path(__file__).with_name("reference")
SCHEMAS = shipped_folder() / "schema"
_HEAD = "<!-- Written by docs/generate.py. Change the code it is about, not this page. -->\n"


def pages() -> Mapping[str, str]:
    """Return file name → text of every generated page."""
    made = {name: make().strip() + "\n" for name, make in PAGES.items()}
    # JSON has no comments
    return {
        name: text if name.endswith(".json") else f"{_HEAD}\n{text}" for name, text in made.items()
    }


# ---- Markdown --------------------------------------------------------------------------------


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines) + "\n"


def _cell(value: object) -> str:
    return " ".join(str("" if value is None else value).split()).replace("|", "\\|")


def _code(value: object) -> str:
    shown = str(value).lower() if isinstance(value, bool) else value
    return f"`{shown}`" if value not in (None, "") else ""


def _yes(value: object) -> str:
    return "yes" if value else ""


def _time(value: timedelta | None) -> str:
    """Return a duration as settings write it."""
    if value is None:
        return ""
    seconds = value.total_seconds()
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds:g}s"


# ---- what the code says of itself ------------------------------------------------------------


def notes(owner: type) -> dict[str, str]:
    """Return name → the `#:` comment above a field or enum member of a class and its bases."""
    found: dict[str, str] = {}
    for base in reversed(owner.__mro__):
        if base.__module__.partition(".")[0] in {"hub", "connectors"}:
            found |= _own_notes(base)
    return found


def _own_notes(owner: type) -> dict[str, str]:
    source = textwrap.dedent(inspect.getsource(owner))
    lines, body = source.splitlines(), ast.parse(source).body[0]
    assert isinstance(body, ast.ClassDef)  # noqa: S101 (the source of a class is a class)
    return {
        name: note
        for statement in body.body
        for name in _assigned(statement)
        if (note := _comment_above(lines, statement.lineno - 1))
    }


def _assigned(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.Assign(targets=[ast.Name(id=name)]):
            return [name]
    return []


def _comment_above(lines: Sequence[str], at: int) -> str:
    words: list[str] = []
    while at > 0 and (line := lines[at - 1].strip()).startswith("#:"):
        words.insert(0, line.removeprefix("#:").strip())
        at -= 1
    return " ".join(words)


def _first_sentence(owner: object) -> str:
    return (inspect.getdoc(owner) or "").partition("\n")[0]


# ---- settings --------------------------------------------------------------------------------

_SECTIONS: Mapping[str, type[BaseModel]] = {
    "Settings": settings.Settings,
    "connections.NAME": settings.Connection,
    "connections.NAME.poll": settings.Poll,
    "retry": settings.Retry,
    "web": settings.Web,
    "retention": settings.Retention,
    "alerts": settings.Alerts,
    "channels.NAME": settings.Channel,
    "alerts.email, channels.NAME.email": settings.Email,
    "alerts.webhook, channels.NAME.webhook": settings.Webhook,
}
#: Fields the file does not write: the loader fills them.
_FILLED = {"connections.NAME": frozenset({"name", "settings"})}


def _settings() -> str:
    parts = [
        "# Settings\n",
        "The words of `hub.yaml`. Relative paths are meant from the folder of the file. Times are"
        " written `30s`, `5m`, `2h`, `3d`, sizes `512 KiB`, `5 MiB`.",
        "How to use them: [configure](../how-to/configure.md).\n",
    ]
    for title, model in _SECTIONS.items():
        heading = "hub.yaml" if title == "Settings" else title
        parts += [f"## `{heading}`\n", f"{_first_sentence(model)}\n"]
        parts.append(_table(("Word", "Default", "Meaning"), _words(title, model)))
    parts.append(
        "All other words of a connection belong to its connector: [connectors](connectors.md).\n"
    )
    return "\n".join(parts)


def _words(title: str, model: type[BaseModel]) -> Iterator[Sequence[object]]:
    said = notes(model)
    for name, field in model.model_fields.items():
        if name in _FILLED.get(title, ()):
            continue
        if name == "connections" or isinstance(field.default, BaseModel):
            yield _code(name), "", "see below"
            continue
        value = field.get_default(call_default_factory=True)
        default = "required" if field.is_required() else _default(value, name)
        yield _code(field.alias or name), default, said.get(name, "")


def _default(value: Any, name: str) -> str:
    match value:
        case timedelta():
            return _code(_time(value))
        case tuple():
            return _code("[" + ", ".join(_time(one) or str(one) for one in value) + "]")
        case dict():
            return "none"
        case None:
            return "none"
        case int() if name in ("body_limit", "disk_free"):
            return _code(f"{value // 1024**2} MiB")
    return _code(value)


# ---- commands --------------------------------------------------------------------------------

_EXITS = (
    (0, "fine", "正常"),
    (1, "findings, refused or not found", "有问题、被拒绝或未找到"),
    (2, "wrong usage or configuration", "用法或配置错误"),
    (3, "nobody can tell", "无法判定"),
    (4, "store or far end cannot be reached", "存储或对方无法访问"),
    (70, "internal error", "内部错误"),
)


def _commands() -> str:
    root = typer.main.get_command(build())
    parts = [
        "# Commands\n",
        f"{root.help}\n",
        f"{HELP_ZH.get(root.help or '', '')}\n",
        "Options of `hub` itself stand before the command: `hub --lang zh status`.\n",
        _parameters(root),
        "## Exit codes\n",
        _table(("Code", "Meaning", "含义"), _EXITS),
    ]
    parts += [_command(path, command) for path, command in commands(root)]
    return "\n".join(parts)


def commands(root: Any, path: str = "hub") -> Iterator[tuple[str, Any]]:
    """Yield every command that can be run, with its full name."""
    for name, command in getattr(root, "commands", {}).items():
        full = f"{path} {name}"
        if not hasattr(command, "commands") or command.invoke_without_command:
            yield full, command
        yield from commands(command, full)


def _command(path: str, command: Any) -> str:
    arguments = [
        name if one.required else f"[{name}]"
        for one in command.params
        if one.param_type_name == "argument"
        for name in [one.name.upper().replace("_", "-")]
    ]
    english = inspect.cleandoc(command.help or "")
    usage = " ".join([path, *arguments])
    parts = [f"## `{path}`\n", f"{english}\n", f"{HELP_ZH.get(english, '')}\n"]
    parts += [f"```console\n$ {usage}\n```\n", _parameters(command)]
    return "\n".join(parts)


def _parameters(command: Any) -> str:
    rows = [
        (
            _code(", ".join(one.opts) if one.param_type_name == "option" else one.name.upper()),
            _shown_default(one),
            one.help,
            HELP_ZH.get(one.help or "", ""),
        )
        for one in command.params
        if one.name != "help"
    ]
    return _table(("Parameter", "Default", "Meaning", "含义"), rows) if rows else ""


def _shown_default(one: Any) -> str:
    if one.required:
        return "required"
    return "" if one.default in (None, False) else _code(one.default)


# ---- connectors ------------------------------------------------------------------------------


def _connectors() -> str:
    parts = [
        "# Connectors\n",
        "What each connector of this distribution says of itself; `hub connector describe NAME`"
        " shows the same for any installed one.",
        "The words are explained in [connectors](../concepts/connectors.md).\n",
    ]
    for name in registry.names():
        connector = registry.load(name)
        if connector.__module__.startswith("connectors."):
            parts.append(_connector(connector))
    return "\n".join(parts)


def _connector(connector: type[Connector]) -> str:
    spec, told = connector.spec, described(connector)
    limits = [
        f"{spec.limits.concurrency} calls at once",
        *(
            f"{value:g} a {window}"
            for window in ("second", "minute", "day")
            if (value := getattr(spec.limits, f"per_{window}")) is not None
        ),
    ]
    parts = [
        f"## `{spec.name}`: {spec.title} · {spec.title_zh}\n",
        f"Can: {', '.join(told['capabilities'])}. Limits: {', '.join(limits)}. Time-out:"
        f" {_time(spec.timeout)}. Times without an offset are in {spec.zone}.\n",
        "Cannot:\n",
        *(f"- {' '.join(sentence.split())}" for sentence in spec.cannot),
        "\n### Settings\n",
        _table(("Word", "Type", "Default", "Meaning"), _options(connector, told["settings"])),
        "### Streams\n",
        _table(("Stream", "Title", "Polled", "Overlap"), map(_stream, spec.streams)),
        "### Operations\n",
        *(_operation(one) for one in spec.operations),
        "### Fields\n",
        *(_fields_of(one.name, one.fields) for one in spec.streams),
        *(_fields_of(one.name, one.fields) for one in spec.operations),
    ]
    return "\n".join(parts)


def _options(connector: type[Connector], told: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    model = connector.Settings
    said = notes(model)
    names = {field.alias or name: name for name, field in model.model_fields.items()}
    for one in told:
        kind = "secret" if one["secret"] else one["type"]
        default = "required" if one["required"] else _code(one["default"])
        yield _code(one["name"]), kind, default, said.get(names[one["name"]], "")


def _stream(one: Stream) -> Sequence[object]:
    return _code(one.name), one.title, _yes(one.polled), _time(one.overlap) if one.polled else ""


def _operation(one: Operation) -> str:
    rows = [
        ("`idempotency`", one.idempotency),
        ("`window`", _time(one.window) or "for ever" if one.idempotency == "key" else ""),
        ("`settle`", _time(one.settle)),
        ("`acceptance_window`", _time(one.acceptance_window)),
        ("`lane`", one.lane or "the record's key"),
        ("`full_state`", _yes(one.full_state)),
        ("`on_revision`", one.on_revision),
        ("`on_revoke`", one.on_revoke if one.cancellable else "person (it cannot be undone)"),
        ("`read_back`", _read_back(one)),
        *((f"`{name}:` of a step", " · ".join(values)) for name, values in one.options.items()),
    ]
    return f"`{one.name}`: {one.title}\n\n" + _table(
        ("Word", "Value"), [(word, value) for word, value in rows if value]
    )


def _read_back(one: Operation) -> str:
    return f"{one.read_back}, after {_time(one.read_back_after)}" * (one.read_back != "never")


def _fields_of(name: str, fields: Mapping[str, FieldSpec]) -> str:
    heads = ("Field", "Type", "Required", "Personal", "Shown again", "Note")
    return f"`{name}`\n\n" + _table(heads, _flat(fields))


def _flat(fields: Mapping[str, FieldSpec], above: str = "") -> Iterator[Sequence[object]]:
    for name, spec in fields.items():
        place = f"{above}{name}"
        personal, shown = spec.personal or "", _yes(spec.readable)
        yield _code(place), spec.type, _yes(spec.required), personal, shown, spec.title
        yield from _flat(spec.fields, f"{place}{'[]' if spec.type == 'list' else ''}.")


# ---- records ---------------------------------------------------------------------------------


def _records() -> str:
    parts = [
        "# Records\n",
        "The hub's own words for business objects; mappings go to and from them.",
        "A field marked *beside* is no content: it may change within one revision.\n",
    ]
    for name, model in sorted(KINDS.items()):
        heads = ("Field", "Type", "Required", "Personal", "Beside", "Meaning")
        parts += [f"## `{name}`\n", f"{_first_sentence(model)} Stored as"]
        parts[-1] += f" `{model.name_at_version()}`.\n"
        parts.append(_table(heads, _record_fields(model, model, "", "")))
    return "\n".join(parts)


def _record_fields(
    kind: type[Record], model: type[BaseModel], path: str, shown: str
) -> Iterator[Sequence[object]]:
    said = notes(model)
    for name, field in model.model_fields.items():
        bare, listed = _bare(field.annotation)
        nested = issubclass(bare, BaseModel)
        personal = kind.personal.get(f"{path}{name}", "")
        beside = _yes(not path and name in kind.outside_content)
        yield (
            _code(f"{shown}{name}"), "list" if listed else "object" if nested else _type(bare),
            _yes(field.is_required()), personal, beside, said.get(name, ""),
        )  # fmt: skip
        if nested:
            inner = f"{shown}{name}{'[]' if listed else ''}."
            yield from _record_fields(kind, bare, f"{path}{name}.", inner)


def _bare(annotation: Any) -> tuple[type, bool]:
    """Return the type of a value, or of a list's items, and whether it is a list."""
    parts = [part for part in get_args(annotation) if part is not type(None)]
    if get_origin(annotation) in (tuple, list):
        return _bare(parts[0])[0], True
    return _bare(parts[0]) if parts else (annotation, False)


def _type(bare: type) -> str:
    if issubclass(bare, enum.Enum):
        return " · ".join(str(member) for member in bare)
    return _PLAIN.get(bare.__name__, bare.__name__)


_PLAIN = {"str": "text", "int": "integer", "Decimal": "decimal", "bool": "boolean"}


# ---- fault codes, fail points, metrics -------------------------------------------------------

_GROUPS = {
    "E0": "The file is no YAML we take",
    "E1": "A word, path or name in a mapping or route is wrong",
    "E2": "A document does not fit its mapping",
    "E3": "Personal data would leave the company",
    "E4": "An example in a mapping file does not come out as it says",
    "W1": "The file is taken, and should be looked at; `hub map check --strict` refuses it",
}
_SETTINGS_CODE = re.compile(r"\b(E5\d\d) (.+?)(?=\s{2,}|\n|$)")


def _faults() -> str:
    parts = [
        "# Fault codes\n",
        "Every fault of a file has a code, its place and what to do; `hub check` shows all at"
        " once. In examples of mappings, `expect_error` takes the code or the name.\n",
    ]
    for group, title in _GROUPS.items():
        rows = [(_code(code), _code(name)) for code, name in CODES.items() if code[:2] == group]
        parts += [f"## {title}\n", _table(("Code", "Name"), rows)]
    rows = sorted(setting_codes(settings, registry, document_checks).items())
    parts += ["## `hub.yaml` is wrong\n"]
    parts += [_table(("Code", "Meaning"), [(_code(code), text) for code, text in rows])]
    return "\n".join(parts)


def setting_codes(*modules: ModuleType) -> dict[str, str]:
    """Return code → meaning, as the docstrings of the modules that report them say it."""
    said = "\n".join(one.__doc__ or "" for one in modules)
    return dict(_SETTINGS_CODE.findall(said))


#: What each place stands for, and what a kill there proves.
_FAIL_POINTS = {
    "message.stored": "webhooks are on disk, not yet answered",
    "message.planned": "a batch is mapped, nothing of it written",
    "plan.before_commit": "about to write revisions and deliveries",
    "plan.committed": "they are written, nobody is woken yet",
    "document.drawn": "a number is drawn and the content frozen, nothing is printed",
    "document.printed": "the files are printed, nothing of them is stored",
    "delivery.claimed": "leased and mapped, not sent",
    "delivery.before_send": "about to call the far end",
    "delivery.sent": "the far end has answered, nothing is booked",
    "delivery.before_finish": "about to book a batch of results",
    "delivery.finished": "they are booked, nobody is woken yet",
    "ask.claimed": "about to ask the far end for what is in doubt, or for a result",
    "ask.answered": "it has answered, nothing is booked",
    "confirm.claimed": "about to read back",
    "confirm.answered": "read back, not yet judged",
    "poll.before_commit": "a page is read, nothing stored",
    "poll.committed": "messages and cursor are stored",
    "reconcile.begun": "a run has its row, nothing is read",
    "reconcile.page_landed": "a page of a side is kept for comparing, with how far it was read",
    "reconcile.indexed": "a side that was read is known by key",
    "reconcile.side_settled": "several rows of one key are what they are together",
    "reconcile.judged": "a batch is judged, nothing of it was looked at again",
    "reconcile.looked": "a key was read once more on all sides",
    "reconcile.booked": "the findings of a batch are booked, the report lacks them yet",
    "reconcile.settled": "findings a whole run no longer saw have ended",
    "reconcile.part_kept": "a part of the report is stored",
    "reconcile.before_end": "the whole report is stored, the run goes on",
    "reconcile.ended": "the run has ended, what it wrote down for itself is still there",
    "repair.planned": "a plan of repairs is kept, nobody was told of it",
    "repair.before_commit": "a step of a plan is done, nothing is committed",
    "repair.committed": "the plan is applied, nobody is woken yet",
    "watch.before_commit": "watches have moved and queued what is told, not yet committed",
    "watch.committed": "that is written, nobody is woken yet",
    "notice.given_out": "a notice has a row for each person or channel it is for",
    "notice.claimed": "leased, not sent",
    "notice.taken": "the channel has taken a notice, nothing is booked",
    "notice.sent": "it is booked",
}


def _fail_points() -> str:
    rows = [(_code(name), _FAIL_POINTS[name]) for name in sorted(failpoints.POINTS)]
    return (
        "# Fail points\n\n"
        "Places at which a test can kill the hub. `HUB_FAIL=delivery.sent:3 hub run` kills it the"
        " third time it passes there; unset, they do nothing. Never set it on a hub that matters."
        "\n\n" + _table(("Place", "When"), rows)
    )


def _metrics() -> str:
    metrics = Metrics()
    metrics.watch_queues(lambda: {("delivery", "ready"): 0})
    known = {
        one._name: (one._type, one._labelnames)
        for one in vars(metrics).values()
        if isinstance(one, prometheus_client.metrics.MetricWrapperBase)
    }
    rows = []
    for family in sorted(metrics.registry.collect(), key=lambda family: family.name):
        labels = {label: None for one in family.samples for label in one.labels if label != "le"}
        kind, names = known.get(family.name, (family.type, tuple(labels)))
        shown = f"{family.name}_total" if kind == "counter" else family.name
        rows.append((_code(shown), kind, ", ".join(map(_code, names)), family.documentation))
    return "# Metrics\n\n`/metrics` shows these in Prometheus' text format.\n\n" + _table(
        ("Figure", "Type", "Labels", "Meaning"), rows
    )


# ---- words of mappings -----------------------------------------------------------------------

_WORD_GROUPS: Mapping[str, tuple[str, str]] = {
    "source": ("Where a value comes from", "取值来源"),
    "absence": ("What is not there", "缺少的值"),
    "type": ("What type it has", "类型"),
    "look-up": ("Tables and look-ups", "对照与查询"),
    "privacy": ("Personal data", "个人信息"),
    "shape": ("Its form, and lists", "形式与列表"),
    "check": ("What must hold", "校验"),
    "back": ("The way back", "回程"),
    "file": ("The words of a file", "文件的词"),
    "test": ("The words of an example", "示例的词"),
}
_MAPPING_WORDS = """\
# Words of mappings

中文要点：映射语言的全部词，各附含义与示例；示例都是测试，结果如所示。

Each word with what it means and with examples; every example is a test.
How to use them: [write a mapping](../how-to/write-a-mapping.md).

In the examples `←` is the source document and `→` what becomes of it.
Codes are explained in [fault codes](faults.md).
示例中 `←` 为来源单据，`→` 为结果。

## In an editor · 在编辑器中

Editors with a YAML language server complete these words and underline what is wrong.
The first line of a file names the schema; its path is meant from that file.
编辑器装有 YAML 语言服务时，可补全用词、标出错误；首行写明模式文件，路径从本文件算起。

```yaml
# yaml-language-server: $schema=schema/mapping-1.json
```

`hub map schema --output mappings/schema/mapping-1.json` writes the schema into your own folder;
`hub map schema --route --output mappings/schema/route-1.json` writes that of routes,
`--gate`, `--watch`, `--document` and `--reconciliation` those of gates, watches, documents and
reconciliations. 这些命令把映射、路由、关卡、监视、文书与对账的模式文件写进您自己的文件夹。

## Order · 次序

A value goes this way, whatever the order in the file.
无论文件中的次序如何，取值依次经过：

source → `empty` → `split` → `map` or `lookup` → `default` or `required`
→ `as` (with `thousands`, then `scale`, then `places`)
→ `check` → `redact` → `format` → `max_length`

## All words · 全部用词
"""


def _mapping_words() -> str:
    terms = (*vocabulary.RULES, *vocabulary.FILES, *vocabulary.TESTS)
    groups = {
        titles: [term for term in terms if term.group == group]
        for group, titles in _WORD_GROUPS.items()
    }
    overview = [(*titles, " ".join(map(_reference, members))) for titles, members in groups.items()]
    parts = [_MAPPING_WORDS, _table(("Group", "组", "Words"), overview)]
    for titles, members in groups.items():
        parts += [f"## {' · '.join(titles)}\n", *map(_term, members)]
    over_lists = [one for one in vocabulary.FUNCTIONS if "list" in one.signature]
    parts += [
        "## Expressions · 表达式\n",
        "After `calc`, `when`, `where`, `check` and `that`. Numbers are exact.\n"
        "用在 `calc`、`when`、`where`、`check`、`that` 之后；数字精确计算。\n",
        "### Operators · 运算符\n",
        _forms(vocabulary.OPERATORS),
        "### Functions · 函数\n",
        _forms([one for one in vocabulary.FUNCTIONS if one not in over_lists]),
        "### Functions over lists · 列表函数\n",
        "The examples are about this list. 示例针对以下列表。\n",
        f"```yaml\n{over_lists[0].example.given}\n```\n",
        _forms(over_lists, shared=True),
        "## Paths · 路径\n",
        _table(
            ("Path", "Meaning", "含义"),
            [(_code(one.signature), one.title, one.title_zh) for one in vocabulary.PATHS],
        ),
    ]
    return "\n".join(parts)


def _reference(term: Term) -> str:
    # words of files and examples may be words of rules too, and the first heading has the anchor
    shown = _code(term.word)
    return shown if term.group in {"file", "test"} else f"[{shown}](#{term.word})"


def _term(term: Term) -> str:
    block = "\n\n".join(_example(one, term.group in {"file", "test"}) for one in term.examples)
    return f"### `{term.word}`\n\n{_meaning(term)}\n\n```yaml\n{block}\n```\n"


def _meaning(term: Term) -> str:
    english = f"{term.title[0].upper()}{_marked(term.title[1:])}."
    chinese = f"{_marked(term.title_zh)}。"
    if isinstance(term.takes, Choice) and len(term.takes.values) > 1:
        english += f" One of {' · '.join(map(_code, term.takes.values))}."
    owners = ("as",) if term.types else term.beside
    if owners:
        kinds = f": {' · '.join(map(_code, term.types))}" if term.types else ""
        english += f" Beside {' or '.join(map(_code, owners))}{kinds}."
        chinese += f"与 {' 或 '.join(map(_code, owners))} 同用。"
    return f"{english}\n{chinese}"


def _marked(sentence: str) -> str:
    """Return the sentence with what is a piece of YAML in it set as code."""
    return re.sub(r"\{[^}]*\}|\$[\w.]+|\[\]|\w+@\w+", r"`\g<0>`", sentence)


def _example(example: Example, whole: bool) -> str:
    """Return the rule, with what comes in and what comes out as comments below it."""
    rule = example.rule
    if example.before or whole:
        before, tests, after = example.before.partition("tests:")
        fields = f"fields:\n{textwrap.indent(rule, '  ')}"
        rule = "\n".join(part for part in (before.strip(), fields, tests + after) if part)
    lines = [rule]
    if example.given:
        lines += [f"# ← {line}" for line in example.given.splitlines()]
        lines += [f"#   {line}" for line in example.lookups.splitlines()]
        lines.append(f"# → {_came(example)}")
    return "\n".join(lines)


def _came(example: Example) -> str:
    if example.handle:
        word = example.before.partition(":")[0]
        return f"{word}: {example.handle}"
    return f"{example.expect} {CODES.get(example.expect, '')}".strip()


def _forms(forms: Iterable[Function], *, shared: bool = False) -> str:
    """Return a table of functions; without what comes in where the examples share it."""
    heads = ("Form", "Meaning", "含义", "Example", *(() if shared else ("Given",)), "Result")
    return _table(heads, (_form(one, shared=shared) for one in forms))


def _form(one: Function, *, shared: bool) -> Sequence[object]:
    given = "<br>".join(map(_code, one.example.given.splitlines()))
    return (
        *(_code(one.signature), one.title, one.title_zh),
        _code(one.example.rule.partition("calc: '")[2].removesuffix("'}")),
        *(() if shared else (given,)),
        _code(one.example.expect.removeprefix("result: ")),
    )


# ---- the API ---------------------------------------------------------------------------------

_API = """\
# The API

中文要点：`/api/v1` 的全部地址、参数、请求与答复。

How to use it: [use the API](../how-to/api.md). As OpenAPI: [openapi.json](openapi.json).
Every call may also be answered {always}; the guide says what each problem means.
"""
_REF = "#/components/schemas/"


def _described() -> Mapping[str, Any]:
    found: Mapping[str, Any] = described_api().openapi()
    return found


def _openapi() -> str:
    return json.dumps(_described(), ensure_ascii=False, indent=1)


def _api() -> str:
    described = _described()
    parts = [_API.format(always=", ".join(f"`{status}`" for status in sorted(ALWAYS)))]
    parts += [
        _address(method, path, one)
        for path, operations in described["paths"].items()
        for method, one in operations.items()
    ]
    parts.append("## Shapes · 数据结构\n")
    for name, schema_ in sorted(described["components"]["schemas"].items()):
        parts.append(f"### {name}\n\n{schema_.get('description', '')}\n")
        parts.append(_table(("Field", "Type", "Meaning"), _shape(schema_)))
    return "\n".join(parts)


def _address(method: str, path: str, one: Mapping[str, Any]) -> str:
    parts = [f"## {method.upper()} {path.removeprefix('/api/v1')}\n", f"{one['summary']}\n"]
    parts.append(f"{one['description']}\n")
    rows = [
        (_code(given["name"]), given["in"], _takes(given["schema"]), given.get("description"))
        for given in one.get("parameters", ())
        if given["name"] != "Idempotency-Key"
    ]
    if rows:
        parts.append(_table(("Parameter", "In", "Type", "Meaning"), rows))
    if "requestBody" in one:
        bodies = one["requestBody"]["content"].values()
        parts.append(f"Takes {' or '.join(_takes(body['schema']) for body in bodies)}.")
    for status, answer in one["responses"].items():
        if int(status) not in ALWAYS:
            content = answer.get("content", {"": {"schema": {"$ref": f"{_REF}Problem"}}})
            shapes = " ".join(_takes(one["schema"]) for one in content.values())
            parts.append(f"`{status}` {shapes}  ")
    return "\n".join(parts) + "\n"


def _shape(described: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    required = described.get("required", ())
    for name, field in described.get("properties", {}).items():
        shown = _code(name) if name in required else f"{_code(name)}, optional"
        yield shown, _takes(field), field.get("description")


def _takes(described: Mapping[str, Any]) -> str:
    """Return what a value may be, in a word or two."""
    if "$ref" in described:
        name = described["$ref"].removeprefix(_REF)
        return f"[{name}](#{name.lower()})"
    if "anyOf" in described:
        return " or ".join(map(_takes, described["anyOf"]))
    if "enum" in described:
        return " · ".join(map(_code, described["enum"]))
    if described.get("type") == "array":
        return f"list of {_takes(described.get('items', {}))}"
    return str(described.get("format") or described.get("type") or "any")


#: File name → what makes the page.
PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": _settings,
    "commands.md": _commands,
    "connectors.md": _connectors,
    "records.md": _records,
    "faults.md": _faults,
    "fail-points.md": _fail_points,
    "metrics.md": _metrics,
    "mapping-words.md": _mapping_words,
    "api.md": _api,
    "openapi.json": _openapi,
}


def main() -> None:
    """Write all pages and schemas."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, "utf-8")
    SCHEMAS.mkdir(exist_ok=True)
    for name, make in schema.SHIPPED.items():
        (SCHEMAS / name).write_text(schema.text(make()), "utf-8")


if __name__ == "__main__":
    main()
