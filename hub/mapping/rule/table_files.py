"""Tables in a file beside the mapping: two columns of a CSV, or the entries of a YAML file."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hub.language import Message, say
from hub.mapping import reading
from hub.mapping.faults import Faults, suggestion
from hub.mapping.reading import Word
from hub.sheet import Row, Sheet, read_sheet
from hub.yamlfile import Entries, Node, Place, Scalar, words_of
from hub.yamlreader import parse

#: Words of a table that stands in a file.
FILE_WORDS = ("file", "key", "value")
YAML = (".yaml", ".yml")
CSV = ".csv"
#: The folders of a bundle.
OWN, SHIPPED = "own", "shipped"


@dataclass(frozen=True, slots=True)
class Beside:
    """The files a mapping file may name, from where it stands."""

    #: The mapping's own path, as `Bundle.files` has it.
    path: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    #: Path → the file as the administrator knows it.
    labels: Mapping[str, str] = field(default_factory=dict)
    #: Where the paths of own files begin.
    own: str = OWN

    def find(self, name: str) -> str | None:
        """Return the path of a file, None where there is none of that name."""
        return next(iter(self.every(name)), None)

    def every(self, name: str) -> list[str]:
        """Return the paths of the files of that name: the own one, and the shipped one below it."""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.path), name))
        for folder in (self.own, SHIPPED):
            if path.startswith(f"{folder}/"):
                rest = path.removeprefix(folder)
                paths = [self.own + rest, SHIPPED + rest]
                return [one for one in paths if one in self.files]
        return [path] if path in self.files else []

    def label(self, path: str) -> str:
        """Return the file as the administrator knows it."""
        return self.labels.get(path, path)


def file_of(node: Node) -> Word | None:
    """Return the word `file:` of a table that stands in a file; None of one that stands here."""
    if not isinstance(node, Entries):
        return None
    words = reading.placed(node)
    word = words.get("file")
    return word if word is not None and words.keys() <= set(FILE_WORDS) else None


def referred(root: Node | None, beside: Beside) -> Iterator[str]:
    """Yield the paths of the table files that a mapping file names, those laid over too.

    Tables of a mapping, and the targets of a reconciliation.
    """
    words = words_of(root)
    nodes = [word.node for table in words_of(words.get("tables")).values()
             if (word := file_of(table)) is not None]  # fmt: skip
    targets = words_of(words_of(words.get("slices")).get("targets"))
    nodes += [file for one in targets.values() if (file := words_of(one).get("file")) is not None]
    for node in nodes:
        if isinstance(node, Scalar):
            yield from beside.every(node.text)


def entries_of(
    name: Message, word: Word, beside: Beside, faults: Faults
) -> tuple[str, Mapping[str, object]]:
    """Return the file and the entries of a table that stands in one; empty after a fault."""
    words = reading.words(word.node, FILE_WORDS, faults, name)
    file = reading.required_text(words, "file", word.place, faults)
    path = beside.find(file)
    if path is None:
        known = [one for one in beside.files if one.endswith((*YAML, CSV))]
        names = [posixpath.relpath(one, posixpath.dirname(beside.path) or ".") for one in known]
        message = say("{name}: there is no file {file} beside this one.", name=name, file=file)
        faults.add("E116", words["file"].node.place, message, hint=suggestion(file, names))
        return file, {}
    if path.endswith(YAML):
        return beside.label(path), _of_yaml(name, words, beside, path, faults)
    return beside.label(path), _of_csv(name, words, beside, path, faults)


def _of_yaml(
    name: Message, words: Mapping[str, Word], beside: Beside, path: str, faults: Faults
) -> Mapping[str, object]:
    for word in ("key", "value"):
        if word in words:
            message = say("{word}: goes with a CSV file, not with YAML.", word=word)
            faults.add("E110", words[word].place, message)
    # its faults are told where all files are read
    file = parse(beside.files[path], beside.label(path))
    if not isinstance(file.root, Entries):
        place = Place(beside.label(path), 1, 1)
        message = say("{name}: the file needs a value on each line: name: value", name=name)
        faults.add("E116", place, message)
        return {}
    for key, value in file.root.pairs:
        if not isinstance(value, Scalar):
            message = say("{name}: a table's value must be single.", name=name)
            faults.add("E106", key.place, message)
    data: dict[str, object] = reading.data(file.root)
    return data


def _of_csv(
    name: Message, words: Mapping[str, Word], beside: Beside, path: str, faults: Faults
) -> Mapping[str, object]:
    columns = [reading.required_text(words, word, words["file"].place, faults)
               for word in ("key", "value")]  # fmt: skip
    sheet = read_sheet(beside.files[path], beside.label(path))
    wrong = sheet.faults or sheet.missing(*(column for column in columns if column))
    faults.found += wrong
    if wrong or not all(columns):
        return {}
    found: dict[str, Row] = {}
    for row in sheet.rows:
        _keep(sheet, row, columns, found, faults)
    return {key: sheet.cell(row, columns[1]) for key, row in found.items()}


def _keep(
    sheet: Sheet, row: Row, columns: list[str], found: dict[str, Row], faults: Faults
) -> None:
    key, _ = columns
    name = sheet.cell(row, key)
    for column in columns:
        if not sheet.cell(row, column):
            message = say("The cell is empty.")
            hint = say("Fill it, or delete the row.")
            faults.found.append(sheet.fault(row, column, message, hint))
            return
    first = found.setdefault(name, row)
    if first is not row:
        message = say("{key} stands already in line {line}.", key=name, line=first.line)
        faults.found.append(sheet.fault(row, key, message, say("Delete one of the two.")))
