"""What a syntax error in OpenQASM most likely is: a misspelt word, a statement of the other version, a sign of another language.

The module only changes how a refusal is told (its place, its message and its way out), never what is refused: the grammars decide
that. The readers of OpenQASM, ``gossamer.formats.openqasm`` and ``gossamer.formats.openqasm3``, pass their syntax errors through it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches

from gossamer.diagnostics import Diagnostic, InputError, Span

#: Words that begin a statement, by version.
_STATEMENTS = {
    2: ("OPENQASM", "include", "qreg", "creg", "gate", "opaque", "barrier", "measure", "reset", "if"),
    3: (
        "OPENQASM", "include", "qubit", "bit", "int", "uint", "float", "angle", "bool", "complex", "array", "duration", "stretch", "qreg", "creg",
        "const", "input", "output", "let", "gate", "def", "extern", "barrier", "measure", "reset", "delay", "box", "if", "for", "while", "switch",
        "return", "ctrl", "negctrl", "inv", "pow",
    ),
}  # fmt: skip
#: Of them, those that only version 3 has.
ONLY_3 = frozenset(_STATEMENTS[3]) - frozenset(_STATEMENTS[2]) | {"else"}
#: Pulse-level control: what stands behind these words is in another language.
_PULSE = re.compile(r".*(?<!\w)(cal|defcal)(?!\w)")
#: The way out of them in version 2.
BEGIN_3 = "begin the source with OPENQASM 3.0; instead of 2.0"
_COMMENTS_AND_STRINGS = re.compile(r"//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/)?|\"[^\"\n]*\"")
_WORD = re.compile(r"[^\W\d]\w*")
#: So far back from an error the beginning of its statement is looked for.
_WINDOW = 2000
_SIGNS = {
    "#": "comments begin with //",
    "--": "comments begin with //",
    "/*": "OpenQASM 2 has only comments that begin with //",
    ":=": "a value is assigned with '='",
    "π": "write pi",
    "@": "modifiers (ctrl @, negctrl @, inv @, pow(k) @) stand before the name of a gate",
}


def explained(error: InputError, text: str, version: int) -> InputError:
    """``error`` with the message, place and way out that fit, if it is a syntax error of ``text``.

    Examples
    --------
    >>> wrong = InputError("QASM-1", "unexpected 'q'", span=Span("a.qasm", 1, 6, 7), help="here could stand: '('")
    >>> print(explained(wrong, "qrag q[2];", 2))
    error[QASM-1]: unknown statement 'qrag'
      --> a.qasm:1:1
    help: did you mean 'qreg'?
    """
    d = error.diagnostic
    if error.code != "QASM-1" or d.span is None or not d.message.startswith("unexpected"):
        return error
    at = _offset(text, d.span)
    before = _statement(text[max(0, at - _WINDOW) : at])
    found = text[at : at + 2]
    first = _WORD.match(before.lstrip())
    word = first[0] if first else ""
    if version == 3:
        pulse = _PULSE.match(text[text.rfind("\n", 0, at) + 1 : at])
        if pulse:
            return _pulses(d, pulse)
    if word and word not in _STATEMENTS[version]:
        start = at - len(before.lstrip())
        near = get_close_matches(word, _STATEMENTS[version], n=1, cutoff=0.75) if len(word) <= 20 else []
        if version == 2 and word in ONLY_3:
            return _told(error, text, start, word, f"'{word}' belongs to OpenQASM 3", BEGIN_3)
        if near and not re.search(rf"\b(?:gate|opaque|def|extern)\s+{word}\b", text):
            return _told(error, text, start, word, f"unknown statement '{word}'", f"did you mean '{near[0]}'?")
    for sign, help in _SIGNS.items():
        if found.startswith(sign) and not (sign == "/*" and version == 3):
            return _helped(error, help)
    if found[:1] == "=" and re.match(r"\s*(?:else\s+)?(?:if|while)\b", before):
        return _helped(error, "values are compared with '=='")
    known = d.help or ""
    if "';'" in known and (not found.strip() or _WORD.match(found) or found[:1] == "}"):
        return _helped(error, f"is a ';' missing before it? {known}")
    return error


def _pulses(d: Diagnostic, word: re.Match[str]) -> InputError:
    assert d.span is not None
    return InputError(
        "QASM-15",
        f"'{word[1]}' is not expressible: pulses have no meaning as gates",
        span=Span(d.span.file, d.span.line, word.start(1) + 1, word.end(1) + 1),
        source_line=d.source_line,
        help="remove the calibration; gates keep their ideal meaning",
    )


def _helped(error: InputError, help: str) -> InputError:
    error.diagnostic = replace(error.diagnostic, help=help)
    return error


def _told(error: InputError, text: str, at: int, word: str, message: str, help: str) -> InputError:
    old = error.diagnostic
    assert old.span is not None
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    span = Span(old.span.file, line, column, column + len(word))
    error.diagnostic = replace(old, message=message, span=span, source_line=None, help=help)
    return error


def _offset(text: str, span: Span) -> int:
    """Where in ``text`` a place is."""
    at = -1
    for _ in range(span.line - 1):
        at = text.find("\n", at + 1)
    return min(at + span.column, len(text))


def _statement(before: str) -> str:
    """The end of ``before`` from the beginning of its last statement on; comments and strings are blanked out."""
    plain = _COMMENTS_AND_STRINGS.sub(lambda m: " " * len(m[0]), before)
    return plain[max(plain.rfind(";"), plain.rfind("{"), plain.rfind("}")) + 1 :]
