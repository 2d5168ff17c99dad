"""What `up` is told by its supervisor: lines for the user, parts that are given up, and when to look for the place."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from stream_app.given_up import GivenUp, write_given_up
from stream_app.local.state_directory import StateDirectory


class UpOwner:
    """The terminal and the state directory of one `up`."""

    def __init__(self, directory: StateDirectory, console: Console) -> None:
        self.console = console
        self._directory = directory

    def tell(self, line: str) -> None:
        """Show a line that the user should not miss."""
        self.console.print(f"[yellow]{escape(line)}[/]", soft_wrap=True)  # one can copy what it names

    def give_up(self, parts: Sequence[GivenUp]) -> None:
        """Let the API know, which goes on."""
        write_given_up(self._directory.given_up, parts)

    def check(self) -> None:
        """Raise StateDirectoryGoneError."""
        self._directory.check_present()
