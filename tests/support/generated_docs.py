"""The parts of the docs that are written from the code: `python -m tests.support.generated_docs` (`make docs`).

A part stands in its document between `<!-- generated: name -->` and `<!-- end of name -->`; what is around it is
written by hand. One more part is one more entry in PARTS, and the two lines in its document.
"""

import json
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stream_app.domain.rejection import REMEDIES, SENTENCES, Reason
from stream_app.settings import Settings
from tests.benchmarks import pages
from tests.spec import policies_page, rules_page, spellings
from tests.support import live_examples
from tests.support.markdown import markdown_table

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Part:
    """One generated part: its document, below the project's folder, its name there, and what makes its text."""

    path: str
    name: str
    text: Callable[[], str]

    def put_into(self, document: str) -> str:
        """The document with this part as it is now; raises ValueError where it has no place for it."""
        begin, end = f"<!-- generated: {self.name} -->\n", f"<!-- end of {self.name} -->\n"
        before, found_begin, rest = document.partition(begin)
        _, found_end, after = rest.partition(end)
        if not (found_begin and found_end):
            message = f"{self.path} has no lines `{begin.strip()}` and `{end.strip()}`"
            raise ValueError(message)
        return f"{before}{begin}\n{self.text().strip()}\n\n{end}{after}"


def reasons_table() -> str:
    """Every reason code, its sentence, and what to do about it."""
    rows = ([f"`{reason.value}`", SENTENCES[reason], REMEDIES[reason]] for reason in Reason)
    return markdown_table(("reason", "in words", "what to do"), rows)


def settings_table() -> str:
    """Every setting: the environment variable, its default, and its description."""
    rows = (
        [f"`{field.validation_alias}`", _default(field.default), field.description or ""]
        for field in Settings.model_fields.values()
    )
    return markdown_table(("variable", "default", "unit and meaning"), rows)


PARTS: tuple[Part, ...] = (
    Part("docs/benchmarks.md", "figures", pages.committed_page),
    Part("docs/dead-letters.md", "reasons", reasons_table),
    Part("docs/live-queries.md", "queries", live_examples.live_queries),
    Part("docs/operations.md", "settings", settings_table),
    Part("docs/policies.md", "policies", policies_page.policies_table),
    Part("docs/policies.md", "columns", policies_page.columns_table),
    Part("docs/rules.md", "rules", rules_page.rules),
    Part("docs/rules.md", "sla cases", rules_page.sla_cases),
    Part("docs/rules.md", "times that are read", spellings.times_read),
    Part("docs/rules.md", "times that are refused", spellings.times_refused),
    Part("docs/rules.md", "hours that are read", spellings.hours_read),
    Part("docs/rules.md", "hours that are refused", spellings.hours_refused),
)


def env_example() -> str:
    """Every setting as a line of an environment file, commented out, below its unit and meaning."""
    head = "Every setting with its default, written by `make docs`. Copy it to .env and take the # off what you change."
    blocks = [textwrap.fill(head, 100, initial_indent="# ", subsequent_indent="# ")]
    for field in Settings.model_fields.values():
        meaning = textwrap.fill(field.description or "", 100, initial_indent="# ", subsequent_indent="# ")
        default = "" if _is_none(field.default) else _written(field.default)
        blocks.append(f"{meaning}\n#{field.validation_alias}={default}")
    return "\n\n".join(blocks) + "\n"


def documents() -> dict[Path, str]:
    """Each generated document, or one with generated parts, as it should be now."""
    texts: dict[Path, str] = {ROOT / ".env.example": env_example()}
    for part in PARTS:
        path = ROOT / part.path
        texts[path] = part.put_into(texts.get(path) or path.read_text())
    return texts


def main() -> None:
    """Write every document that is stale, and name it."""
    for path, text in documents().items():
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(f"written: {path.relative_to(ROOT)}")


def _default(value: Any) -> str:
    return "none" if _is_none(value) else f"`{_written(value)}`"


def _is_none(value: Any) -> bool:
    return value in (None, "", ())


def _written(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool | int | float) else str(value)


if __name__ == "__main__":
    main()
