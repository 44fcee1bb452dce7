"""What a syntax error in OpenQASM most likely is: a misspelt word, a statement of the other version, a sign of another language.

The module only changes how a refusal is told (its place, its message and its way out), never what is refused: the grammars decide
that. The readers of OpenQASM, ``gossamer.formats.openqasm`` and ``gossamer.formats.openqasm3``, pass their syntax errors through it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from gossamer.diagnostics import Diagnostic, InputError, Span, nearest

#: Words that begin a statement, by version.
STATEMENTS = {
    2: ("OPENQASM", "include", "qreg", "creg", "gate", "opaque", "barrier", "measure", "reset", "if"),
    3: (
        "OPENQASM", "include", "qubit", "bit", "int", "uint", "float", "angle", "bool", "complex", "array", "duration", "stretch", "qreg", "creg",
        "const", "input", "output", "let", "gate", "def", "extern", "barrier", "measure", "reset", "delay", "box", "if", "for", "while", "switch",
        "return", "ctrl", "negctrl", "inv", "pow",
    ),
}  # fmt: skip
#: Of them, those that only version 3 has.
ONLY_3 = frozenset(STATEMENTS[3]) - frozenset(STATEMENTS[2]) | {"else"}
#: Pulse-level control: what stands behind these words is in another language.
_PULSE = re.compile(r".*(?<!\w)(cal|defcal)(?!\w)")
#: The way out of them in version 2.
BEGIN_3 = "begin the source with OPENQASM 3.0; instead of 2.0"
_COMMENTS_AND_STRINGS = re.compile(r"//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/)?|\"[^\"\n]*\"")
_WORD = re.compile(r"[^\W\d]\w*")
#: So far back from an error the beginning of its statement is looked for.
_WINDOW = 2000


@dataclass(frozen=True)
class _Slip:
    """A frequent mistake: ``before`` is what its statement holds up to the error, ``after`` what follows.

    With a ``message`` the diagnostic is about the part of ``before`` that is called ``here``.
    """

    versions: tuple[int, ...]
    before: re.Pattern[str]
    after: re.Pattern[str]
    help: str
    message: str = ""


def _slip(versions: str, before: str, after: str, help: str, message: str = "") -> _Slip:
    return _Slip(tuple(map(int, versions)), re.compile(before, re.DOTALL), re.compile(after), help, message)


_SLIPS = (
    # of other languages
    _slip("23", ".*", "#|--(?!>)", "comments begin with //"),
    _slip("2", ".*", r"/\*", "OpenQASM 2 has only comments that begin with //"),
    _slip("3", ".*", r"/\*", "the comment has no end: */"),
    _slip("23", ".*", r"[\"'][^\"'\n]*(?:\n|$)", "the quotation has no end on this line"),
    _slip("2", ".*", "π", "write pi"),
    _slip("2", ".*", r"(?![a-zA-Z_])[^\W\d]", "a name has the letters a to z, digits and underscores"),
    _slip("23", ".*", ":=", "a value is assigned with '='"),
    _slip("3", ".*", r"\?", "there is no '? :' in OpenQASM; write an if statement"),
    _slip("3", r".*(?:\+\+|--)\s*", ";", "write x += 1; or x -= 1;"),
    _slip("23", r"(?P<here>import)\b.*", "", 'a file is read with include "NAME";', "unknown statement 'import'"),
    _slip("23", r".*(?<!\w)\d[\d.]*", r"(?![xXbBoO_])[^\W\d]", "is a '*' missing before it?"),
    # headers and declarations
    _slip("23", r"(?P<here>OPENQASM)\s+", r"\d", "move it to the first line, or take it out", "the header is not at the beginning"),
    _slip("3", r"(?:qubit|bit|int|uint|float|angle)\s+\w+\s*", r"\[", "the size stands before the name: qubit[2] q;"),
    _slip("3", r"gate\s+\w+\s*\(.*\b(?:float|angle|int|uint)\s*", r"\w", "the parameters of a gate have no types: gate g(t) a { ... }"),
    _slip("3", r".*[=(,&|^<>]\s*", r'"[^"]*"', "a bit string holds the digits 0 and 1 only"),
    # gates and measurements
    _slip("23", ".*", "@", "modifiers (ctrl @, negctrl @, inv @, pow(k) @) stand before the name of a gate"),
    _slip("2", r"\w+\(\w+", r"\[", "qubits stand behind the gate, without parentheses: x q[0];"),
    _slip("2", r"measure\b.*", "=", "write measure q[0] -> c[0];"),
    _slip("2", r"\w+\s*", r"(?:\[\d+\])?\s*=\s*measure\b", "in OpenQASM 2 this is measure q[0] -> c[0];"),
    # conditions and loops
    _slip("23", r"(?:else\s+)?(?:if|while)\b.*", "=(?!=)", "values are compared with '=='"),
    _slip("2", r"if\s*\(.*\)\s*", r"\{", "an 'if' of OpenQASM 2 holds one statement, without braces"),
    _slip("2", r"if\b.*\)\s*(?P<here>if)\b.*", "==", f"join the conditions into one register, or {BEGIN_3}", "'if' cannot stand under 'if'"),
    _slip("3", r"if\b.*\)\s*(?P<here>then)\b.*", "", "write if (CONDITION) { ... }", "unknown word 'then'"),
    _slip("3", r"\s*", r"else\b", "an 'else' stands right behind the block of its 'if'"),
    _slip("3", r"for\s*", r"\(", "write for int i in [0:2] { ... }"),
    _slip("3", r"for\b.*\bin\b.*", ":", "a range stands in brackets: [0:2]"),
    _slip("3", r"for\b.*\bin\s*\[[^:]*", r"\]", "a range has a start and an end: [0:2]; a set is {0, 2}"),
)  # fmt: skip


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
    earlier = text[max(0, at - _WINDOW) : at]
    plain = _COMMENTS_AND_STRINGS.sub(lambda m: " " * len(m[0]), earlier)
    before = plain[max(map(plain.rfind, ";{}")) + 1 :]
    start = at - len(before.lstrip())
    if version == 3:
        pulse = _PULSE.match(text[text.rfind("\n", 0, at) + 1 : at])
        if pulse:
            return _pulses(d, pulse)
    comment = text.find("//", start, at + 2)
    if comment >= 0 and before.count("(") > before.count(")"):
        return _told(
            error, text, comment, "//", "a comment in the middle of an expression", "a division is written '/'"
        )
    first = _WORD.match(before.lstrip())
    told = _about_first(error, text, version, start, first[0]) if first else None
    if told is not None:
        return told
    for slip in _SLIPS:
        found = slip.before.fullmatch(before.lstrip()) if version in slip.versions else None
        if found and slip.after.match(text, at):
            if slip.message:
                return _told(error, text, start + found.start("here"), found["here"], slip.message, slip.help)
            return _helped(error, slip.help)
    return _with_what_is_missing(error, text[at : at + 1], before)


def _about_first(error: InputError, text: str, version: int, start: int, word: str) -> InputError | None:
    """A statement whose first word is none, or cannot stand there."""
    in_gate = re.search(r"\bgate\b[^{}]*\{[^{}]*\Z", text[max(0, start - _WINDOW) : start])
    if version == 2 and in_gate and word in ("if", "measure", "reset", "qreg", "creg"):
        help = "a gate definition holds gates and barriers"
        return _told(error, text, start, word, f"'{word}' cannot stand in a gate definition", help)
    if word in STATEMENTS[version] or len(word) > 20:
        return None
    if version == 2 and word in ONLY_3:
        return _told(error, text, start, word, f"'{word}' belongs to OpenQASM 3", BEGIN_3)
    near = nearest(word, STATEMENTS[version], 0.75)
    if near and not re.search(rf"\b(?:gate|opaque|def|extern)\s+{word}\b", text):
        return _told(error, text, start, word, f"unknown statement '{word}'", f"did you mean '{near}'?")
    return None


def _with_what_is_missing(error: InputError, found: str, before: str) -> InputError:
    known = error.diagnostic.help or ""
    if not found.strip() and "'}'" in known and not before.strip():
        return _helped(error, f"is a '}}' missing? {known}")
    apart = not (before[-1:].isalnum() and found.isalnum())
    if before.strip() and "';'" in known and (not found.strip() or (_WORD.match(found) and apart) or found == "}"):
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
