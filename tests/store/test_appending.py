"""A profile is appended to a file, and nothing else of the file changes."""

import contextlib
import os
import stat
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from dfctl.core.errors import UsageError
from dfctl.store.appending import append_profile

SALES = {"backend": "invision", "address": "https://host/company"}
SALES_TEXT = """\
[profiles.sales]
backend = "invision"
address = "https://host/company"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def refused(act: Callable[[], object], folder: Path) -> str:
    """What the user reads of the error that `act` raises."""
    with pytest.raises(UsageError) as raised:
        act()
    text = raised.value.message + (f"\n{raised.value.hint}" if raised.value.hint else "")
    return text.replace(str(folder), "FOLDER")


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


# A new file


def test_a_new_file_holds_the_profile_and_is_private(file: Path) -> None:
    assert append_profile(file, "sales", SALES) == file

    assert file.read_text() == SALES_TEXT
    assert list(file.parent.iterdir()) == [file]
    if os.name != "nt":
        assert mode(file) == 0o600


def test_a_new_file_names_its_default_and_an_old_one_keeps_its_own(file: Path) -> None:
    append_profile(file, "sales", SALES, is_default=True)
    append_profile(file, "stock", {"like": "sales"}, is_default=True)

    assert file.read_text() == (
        f'default = "sales"\n\n{SALES_TEXT}\n[profiles.stock]\nlike = "sales"\n'
    )


def test_a_missing_folder_is_made_private(tmp_path: Path) -> None:
    file = tmp_path / "home" / "dfctl" / "config.toml"

    append_profile(file, "sales", SALES)

    assert file.read_text() == SALES_TEXT
    if os.name != "nt":
        assert mode(file.parent) == 0o700


def test_every_kind_of_value_is_written_as_people_write_it(file: Path) -> None:
    settings = {
        "flow": 'a "b" \\ \n\x7fc',
        "tags": ["daily", ",hourly"],
        "allow_http": True,
        "key": {"env": "SALES_KEY"},
    }

    append_profile(file, "a.b", settings)

    assert file.read_text() == (
        '[profiles."a.b"]\n'
        'flow = "a \\"b\\" \\\\ \\n\\u007fc"\n'
        'tags = ["daily", ",hourly"]\n'
        "allow_http = true\n"
        'key = { env = "SALES_KEY" }\n'
    )
    assert tomllib.loads(file.read_text()) == {"profiles": {"a.b": settings}}


# A file that people wrote


@pytest.mark.parametrize(
    ("before", "between"),
    [
        ("", ""),
        ("# mine\n", "\n"),
        ("# mine", "\n\n"),
        ("# mine\n\n", ""),
        ('default = "a" # why\n\n[profiles.a]\nlike="b"   # c', "\n\n"),
        ("[profiles]\n", "\n"),
        ('[profiles]\na.backend = "invision"\n', "\n"),
        ('profiles.a.backend = "invision"\n', "\n"),
        ('[profiles]\na = { backend = "invision" }\n', "\n"),
    ],
)
def test_what_stands_there_stays_byte_for_byte(file: Path, before: str, between: str) -> None:
    file.write_text(before)

    append_profile(file, "sales", SALES)

    assert file.read_text() == before + between + SALES_TEXT


def test_ends_of_lines_are_those_of_the_file(file: Path) -> None:
    file.write_bytes(b'default = "sales"\r\n# mine')

    append_profile(file, "sales", SALES)

    expected = f'default = "sales"\n# mine\n\n{SALES_TEXT}'.replace("\n", "\r\n")
    assert file.read_bytes() == expected.encode()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_the_encoding_is_that_of_the_file(file: Path, encoding: str) -> None:
    before = "# größer\n".encode(encoding)
    file.write_bytes(before)

    append_profile(file, "sales", {**SALES, "flow": "größer"})

    assert file.read_bytes().startswith(before)
    expected = f'# größer\n\n{SALES_TEXT}flow = "größer"\n'
    assert file.read_bytes().decode(encoding) == expected


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_the_mode_stays(file: Path) -> None:
    file.write_text("# mine\n")
    file.chmod(0o640)

    append_profile(file, "sales", SALES)

    assert mode(file) == 0o640


@pytest.mark.skipif(os.name == "nt", reason="links need a permission there")
def test_a_link_is_kept_and_the_file_behind_it_written(tmp_path: Path, file: Path) -> None:
    kept = tmp_path / "dotfiles" / "dfctl.toml"
    kept.parent.mkdir()
    kept.write_text("# mine\n")
    file.symlink_to(kept)

    assert append_profile(file, "sales", SALES) == kept

    assert file.is_symlink()
    assert kept.read_text() == f"# mine\n\n{SALES_TEXT}"
    assert list(kept.parent.iterdir()) == [kept]


@pytest.mark.skipif(os.name == "nt", reason="links need a permission there")
def test_a_link_that_leads_nowhere_yet_is_kept_too(tmp_path: Path, file: Path) -> None:
    kept = tmp_path / "dotfiles" / "dfctl.toml"
    file.symlink_to(kept)

    append_profile(file, "sales", SALES)

    assert file.is_symlink()
    assert kept.read_text() == SALES_TEXT


# What is refused changes nothing


@pytest.mark.parametrize(
    ("before", "problem"),
    [
        (
            SALES_TEXT,
            "there is a profile 'sales' already\n"
            "take another name, or change its settings in the file",
        ),
        (
            'profiles = { a = { backend = "invision" } }\n',
            "profiles is written so that no table can be added below it\n"
            'write this inside its braces: sales = { backend = "invision", '
            'address = "https://host/company" }',
        ),
        (
            "[[profiles]]\n",
            "profiles: must be a table\nwrite the settings of each profile below [profiles.NAME]",
        ),
        ("default = sales\n", ", line 1: is not TOML: invalid value\ntext stands in quotes"),
    ],
)
def test_a_file_that_cannot_take_it_stays_as_it_is(file: Path, before: str, problem: str) -> None:
    file.write_text(before)

    said = refused(lambda: append_profile(file, "sales", SALES), file.parent)

    assert said.removeprefix("FOLDER/config.toml").removeprefix(": ") == problem
    assert file.read_text() == before
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_a_file_that_is_read_only_is_left_alone(file: Path) -> None:
    file.write_text("# mine\n")
    file.chmod(0o400)

    assert refused(lambda: append_profile(file, "sales", SALES), file.parent) == (
        "FOLDER/config.toml: is read-only\nmake it writable, or name another file"
    )
    assert file.read_text() == "# mine\n"


def test_a_folder_is_no_file(file: Path) -> None:
    file.mkdir()

    assert refused(lambda: append_profile(file, "sales", SALES), file.parent) == (
        "FOLDER/config.toml: is a folder, not a file"
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
def test_a_pipe_is_no_file(file: Path) -> None:
    if sys.platform != "win32":
        os.mkfifo(file)

    assert refused(lambda: append_profile(file, "sales", SALES), file.parent) == (
        "FOLDER/config.toml: is a pipe or device, to which no profile can be added"
    )


def test_where_no_file_can_be_made_the_reason_is_told(file: Path) -> None:
    file.write_text("")

    said = refused(lambda: append_profile(file / "config.toml", "sales", SALES), file.parent)

    assert said.startswith("FOLDER/config.toml/config.toml: cannot be written: ")


class Meanwhile(dict[str, object]):
    """Settings during whose writing something else happens to the file."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__(SALES)
        self.act = act

    def items(self) -> Any:
        self.act()
        return super().items()


def test_a_file_that_appears_meanwhile_is_not_replaced(file: Path) -> None:
    settings = Meanwhile(lambda: file.write_text("# theirs\n"))

    assert refused(lambda: append_profile(file, "sales", settings), file.parent) == (
        "FOLDER/config.toml: appeared meanwhile; nothing was written\ntry again"
    )
    assert file.read_text() == "# theirs\n"
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_changes_meanwhile_is_not_replaced(file: Path) -> None:
    file.write_text("# mine\n")
    settings = Meanwhile(lambda: file.write_text("# theirs\n"))

    assert refused(lambda: append_profile(file, "sales", settings), file.parent) == (
        "FOLDER/config.toml: was changed meanwhile; nothing was written\ntry again"
    )
    assert file.read_text() == "# theirs\n"
    assert list(file.parent.iterdir()) == [file]


# Whatever is written there

texts = st.text(st.characters(codec="utf-8"), max_size=20)
values = st.recursive(
    texts
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.datetimes()
    | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
tables = st.dictionaries(texts, values, max_size=4)
comments = st.sampled_from(["", "\n", "# mine", "# mine\n", "\n\n\n", "  \n", "\t# ä"])
names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,12}", fullmatch=True)
settings = st.dictionaries(
    st.from_regex(r"[a-z_]{1,12}", fullmatch=True),
    texts | st.booleans() | st.lists(texts, max_size=3) | st.fixed_dictionaries({"env": texts}),
    min_size=1,
    max_size=5,
)


@given(
    top=tables,
    profiles=st.none() | st.dictionaries(names, tables, max_size=3),
    comment=comments,
    is_windows=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    name=names,
    added=settings,
)
def test_any_file_has_exactly_one_profile_more_or_is_left_alone(
    top: dict[str, Any],
    profiles: dict[str, Any] | None,
    comment: str,
    is_windows: bool,
    encoding: str,
    name: str,
    added: dict[str, Any],
) -> None:
    top.pop("profiles", None)
    old = top if profiles is None else {**top, "profiles": profiles}
    text = tomli_w.dumps(old) + comment
    content = (text.replace("\n", "\r\n") if is_windows else text).encode(encoding)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "config.toml"
        file.write_bytes(content)
        with contextlib.suppress(UsageError):
            append_profile(file, name, added)
            assert name not in (profiles or {})
        found = file.read_bytes()
        assert list(Path(folder).iterdir()) == [file]

    assert found.startswith(content)
    if name in (profiles or {}):
        assert found == content
    else:
        before = tomllib.loads(content.decode(encoding))
        expected = {**before, "profiles": {**before.get("profiles", {}), name: added}}
        # As text, because a NaN differs from itself.
        assert repr(tomllib.loads(found.decode(encoding))) == repr(expected)
