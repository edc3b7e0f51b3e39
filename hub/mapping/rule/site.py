"""Where a rule is being compiled: what it may name, and where its faults go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hub.language import Message, say
from hub.mapping.data.declared import with_declaration
from hub.mapping.data.shape import Shape
from hub.mapping.expression.tree import End, Path
from hub.mapping.faults import Faults, suggestion
from hub.mapping.rule.table_files import Beside
from hub.yamlfile import Place

#: Roots of what a mapping knows of its delivery.
DELIVERED = ("links", "results", "delivery", "document")
#: What `$delivery` knows.
DELIVERY_NAMES = ("key", "revision", "action", "watermark")
#: What `$document` knows.
DOCUMENT_NAMES = (
    *("number", "name", "media_type", "file", "sha256", "content_sha256", "url", "revision"),
)
#: Roots with a fixed set of names, one of which follows the root.
_FIXED = {"delivery": DELIVERY_NAMES, "document": DOCUMENT_NAMES}
#: First name of the ways into the mapped document, where checks of the document read it.
RESULT = "$result"
MAX_RULES = 2_000
MAX_EACH = 3


@dataclass(frozen=True, slots=True)
class Table:
    """A translation of values."""

    #: As messages name it: `the table`, `table uom`.
    name: Message
    entries: Mapping[str, Any]
    place: Place
    #: File beside the mapping it is from; empty: it stands in the mapping file itself.
    file: str = ""


@dataclass(frozen=True, slots=True)
class Let:
    """A named rule of the file."""

    #: Kind of personal data in its value; empty: none.
    personal: str = ""
    #: The reason why it may leave was given where it was read.
    allowed: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """A personal value that a rule lets through."""

    path: Path
    kind: str
    place: Place
    #: A reason was given for it; it may leave, and is shown nowhere else all the same.
    allowed: bool = False


@dataclass(frozen=True, slots=True)
class Reads:
    """What the rules of a file use."""

    #: Source paths from the top of the document, without list indexes.
    paths: set[tuple[str, ...]] = field(default_factory=set)
    tables: set[str] = field(default_factory=set)
    lets: set[str] = field(default_factory=set)
    #: Target field, without list indexes → kind of the personal value that fills it.
    filled: dict[str, str] = field(default_factory=dict)
    #: Names of `$document` → where the first rule reads each.
    document: dict[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Site:
    """The surroundings of a rule at check time."""

    faults: Faults
    #: Shapes of the document at hand and of its enclosing ones, innermost first; None: unknown.
    shapes: tuple[Shape | None, ...]
    tables: Mapping[str, Table] = field(default_factory=dict)
    #: The `let`s a rule may use: those above it.
    lets: Mapping[str, Let] = field(default_factory=dict)
    #: Target path, `[]` standing for the index of a list.
    target: str = ""
    #: The target field, where its schema is known.
    shape: Shape | None = None
    #: The target holds personal data, so values never show in errors.
    hidden: bool = False
    #: The files around the mapping file.
    beside: Beside = field(default_factory=Beside)
    #: One entry for each rule read so far.
    rules: list[None] = field(default_factory=list)
    #: Where the shapes stand in the whole document; None: not in it.
    bases: tuple[tuple[str, ...] | None, ...] = ((),)
    reads: Reads = field(default_factory=Reads)
    #: What a document made here leaves to: a far end, not the hub itself.
    leaving: bool = False
    #: Personal values the rule being read lets through.
    personal: list[Read] = field(default_factory=list)
    #: The rule is a part of another one, which answers for what leaves.
    inner: bool = False
    #: The expression is a check, so `$value` stands for the value.
    checking: bool = False
    #: Words of the file that may declare fields of the source and of the target; empty: none may.
    declaring: tuple[str, str] = ("", "")
    #: A route decides here: nothing has been delivered that could be asked.
    routing: bool = False

    def into_field(self, name: str, shape: Shape | None) -> Site:
        """Return the site of a field of the target object."""
        target = f"{self.target}.{name}" if self.target else name
        hidden = self.hidden or (shape is not None and bool(shape.personal))
        return replace(self, target=target, shape=shape, hidden=hidden, personal=[], inner=False)

    def into_items(self, item: Shape | None, path: Path) -> Site:
        """Return the site of a rule that runs for each item of the source list at a path."""
        return replace(self, shapes=(item, *self.shapes), bases=(self.from_top(path), *self.bases))

    def reading(self) -> Site:
        """Return the same site with a list of its own for the personal values that are read."""
        return replace(self, personal=[])

    def asking(self, *, checking: bool = False) -> Site:
        """Return the site of a condition: what it reads does not leave."""
        return replace(self, personal=[], checking=checking)

    def within(self) -> Site:
        """Return the site of a rule inside a rule: the outer one answers for what leaves."""
        return replace(self, shape=None, inner=True)

    def from_top(self, path: Path) -> tuple[str, ...] | None:
        """Return a source path from the top of the document; None for what is not in it."""
        if path.root != "item" or path.up >= len(self.bases):
            return None
        base = self.bases[path.up]
        names = tuple(segment for segment in path.segments if isinstance(segment, str))
        return None if base is None else (*base, *names)

    def holds(self, path: Path) -> str:
        """Return the kind of personal value a rule put where the path leads; empty: none."""
        way = self.from_top(path)
        if not way or way[0] != RESULT:
            return ""
        targets = [".".join(way[1:end]) for end in range(2, len(way) + 1)]
        kinds = [self.reads.filled[target] for target in targets if target in self.reads.filled]
        return kinds[0] if kinds else ""

    def note(self, path: Path) -> None:
        """Keep that a source path is read."""
        found = self.from_top(path)
        if found is not None:
            self.reads.paths.add(found)

    def unknown_field(self, name: str) -> str:
        """Return what to do about a field that the target at hand has not."""
        known = self.shape.fields if self.shape is not None else {}
        above = [part for part in self.target.split(".") if part]
        return with_declaration(suggestion(name, known), self.declaring[1], (*above, name))

    def count_rule(self, place: Place) -> None:
        """Count one rule; the first one too many is a fault."""
        self.rules.append(None)
        if len(self.rules) == MAX_RULES + 1:
            message = say("More than {most} rules in one file.", most=MAX_RULES)
            self.faults.add("E005", place, message)


def resolve(path: Path, site: Site, place: Place, *, through: bool = False) -> Shape | None:
    """Return what a path leads to, None where that is unknown; report a path that leads nowhere.

    `through` lets a path go through lists, as inside `sum(…)` or after `in`.
    """
    if path.root != "item":
        _check_rooted(path, site, place)
        return None
    if path.up >= len(site.shapes):
        message = say("{path}: there is no enclosing document here.", path=path)
        site.faults.add("E101", place, message)
        return None
    shape = site.shapes[path.up]
    # what a personal list or object holds is personal too, whatever is known of it
    personal = site.holds(path) or (shape.personal if shape is not None else "")
    site.note(path)
    for number, segment in enumerate(path.segments):
        if shape is None or (not shape.fields and not shape.single):
            shape = None
            break
        known, shape = _step(shape, segment, through=through)
        if not known:
            _report(path, number, site.shapes[path.up], site, place)
            return None
        personal = personal or (shape.personal if shape is not None else "")
    if personal:
        site.personal.append(Read(path, personal, place))
    return shape


def is_personal(path: Path, site: Site) -> bool:
    """Return whether the value at a path is shown nowhere."""
    quiet = replace(site, faults=Faults(), personal=[], reads=Reads(filled=site.reads.filled))
    resolve(path, quiet, Place(""), through=True)
    return site.hidden or bool(quiet.personal)


def _step(shape: Shape, segment: str | End, *, through: bool) -> tuple[bool, Shape | None]:
    if isinstance(segment, End):
        return shape.type == "list", item_shape(shape)
    if shape.type == "list" and not through:
        return False, None
    return segment in shape.fields, shape.fields.get(segment)


def item_shape(shape: Shape | None) -> Shape | None:
    """Return the shape of a list's items; None where that is unknown."""
    if shape is None or not (shape.fields or shape.personal):
        return None
    return Shape("object", personal=shape.personal, fields=shape.fields)


def _report(path: Path, number: int, start: Shape | None, site: Site, place: Place) -> None:
    before = Path(path.root, path.segments[:number], path.up)
    parent = start
    for segment in path.segments[:number]:
        parent = parent and _step(parent, segment, through=True)[1]
    name = path.segments[number]
    if isinstance(name, End):
        message = say("{path}: {before} is no list.", path=path, before=before)
        site.faults.add("E108", place, message)
    elif parent is not None and parent.type == "list" and name in parent.fields:
        message = say("{path}: {before} is a list: use each, or [first].", path=path, before=before)
        site.faults.add("E108", place, message)
    else:
        known = [*parent.fields] if parent is not None else []
        owner = before if number else say("the source")
        message = say("{path}: {owner} has no {name}.", path=path, owner=owner, name=name)
        way = site.from_top(Path(path.root, path.segments[: number + 1], path.up)) or ()
        # a field of the result is there when a rule fills it, not because it is declared
        end = "" if RESULT in way[:1] else site.declaring[0]
        hint = with_declaration(suggestion(name, known), end, way, site.shapes[-1])
        site.faults.add("E101", _segment(path, number, place), message, hint=hint)


def _segment(path: Path, number: int, place: Place) -> Place:
    """Return the place of one segment, where the path is written in the one usual way."""
    name = str(path.segments[number])
    before = str(Path(path.root, path.segments[: number + 1], path.up))
    if place.width and place.width == len(str(path)):
        return place.right(len(before) - len(name), len(name))
    return place


def _check_rooted(path: Path, site: Site, place: Place) -> None:
    names = [segment for segment in path.segments if isinstance(segment, str)]
    if path.root == "let" and names[0] in site.lets:
        let = site.lets[names[0]]
        site.reads.lets.add(names[0])
        if let.personal:
            site.personal.append(Read(path, let.personal, place, let.allowed))
    elif path.root == "value" and not site.checking:
        message = say("{path} stands for the value in check: only.", path=path)
        site.faults.add("E101", place, message)
    elif site.routing and path.root in DELIVERED:
        message = say("{path} is known only once the route has decided.", path=path)
        site.faults.add("E101", place, message, hint=say("Name a field of the record."))
    elif path.root == "let":
        known = [*site.lets, *(() if site.routing else DELIVERED)]
        message = say("There is no let {name} above this line.", name=names[0])
        site.faults.add("E111", place, message, hint=suggestion(names[0], known))
    elif path.root in _FIXED and (len(names) != 1 or names[0] not in _FIXED[path.root]):
        hint = suggestion(names[0] if names else "", _FIXED[path.root])
        site.faults.add("E101", place, say("{path} is not known.", path=path), hint=hint)
    elif path.root == "document":
        site.reads.document.setdefault(names[0], place)
    elif path.root == "results" and len(names) < 2:
        site.faults.add("E101", place, say("{path}: write $results.STEP.NAME.", path=path))
    elif path.root == "links" and not names:
        site.faults.add("E101", place, say("{path}: write $links.CONNECTION.", path=path))
