"""Tab, pressed in bash, zsh and fish (POSIX). PowerShell is asked about in test_answers.py."""

import itertools
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.completions.keyboard import SCRIPTS, Keyboard

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX terminal")

Begin = Callable[..., Keyboard]
BASH_COMPLETION = Path("/usr/share/bash-completion/bash_completion")


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        shutil.which(shell) is None, reason=f"needs {shell} (Debian: apt install {shell})"
    )


def bash(home: Path, keyboard: Begin, *lines: str) -> Keyboard:
    """A bash whose start file has these lines."""
    text = "\n".join(["PS1='$ '", *lines, "echo READY"])
    (home / "start").write_text(f"{text}\n", encoding="utf-8")
    return keyboard("bash", "--noprofile", "--rcfile", "start", "-i")


def plain_bash(home: Path, keyboard: Begin) -> Keyboard:
    return bash(home, keyboard, f"source {SCRIPTS}/dfctl.bash")


def strict_bash(home: Path, keyboard: Begin) -> Keyboard:
    return bash(home, keyboard, "set -u", "set -o posix", f"source {SCRIPTS}/dfctl.bash")


def loading_bash(home: Path, keyboard: Begin) -> Keyboard:
    """A bash in which bash-completion loads the script at the first Tab."""
    if not BASH_COMPLETION.exists():
        pytest.skip("needs bash-completion (Debian: apt install bash-completion)")
    folder = home / ".local/share/bash-completion/completions"
    folder.mkdir(parents=True)
    shutil.copy(SCRIPTS / "dfctl.bash", folder / "dfctl")
    return bash(home, keyboard, f"source {BASH_COMPLETION}")


def zsh(home: Path, keyboard: Begin, *lines: str) -> Keyboard:
    text = "\n".join(["PS1='$ '", *lines, "echo READY"])
    (home / ".zshrc").write_text(f"{text}\n", encoding="utf-8")
    return keyboard("zsh", "-d", "-i")


def loading_zsh(home: Path, keyboard: Begin) -> Keyboard:
    """A zsh that loads the script at the first Tab."""
    folder = home / "functions"
    folder.mkdir()
    shutil.copy(SCRIPTS / "_dfctl", folder)
    return zsh(home, keyboard, "fpath=(~/functions $fpath)", "autoload -Uz compinit", _COMPINIT)


def sourcing_zsh(home: Path, keyboard: Begin) -> Keyboard:
    return zsh(home, keyboard, "autoload -Uz compinit", _COMPINIT, f"source {SCRIPTS}/_dfctl")


_COMPINIT = "compinit -u -D"


def lines_in_help(shell: str) -> list[str]:
    """Return what `dfctl completion --help` says to write into a shell's start file."""
    page = (SCRIPTS.parent / "tests/cli/golden/completion.txt").read_text(encoding="utf-8")
    following = page.split(f"\n  {shell}, ")[1].splitlines()[1:]
    lines = itertools.takewhile(lambda line: line.startswith("    "), following)
    real = f"{shlex.quote(sys.executable)} -m dfctl"
    return [line.strip().replace("dfctl", real) for line in lines]


def told_bash(home: Path, keyboard: Begin) -> Keyboard:
    return bash(home, keyboard, *lines_in_help("bash"))


def told_zsh(home: Path, keyboard: Begin) -> Keyboard:
    # Whose folders the functions of zsh lie in is no matter here.
    lines = [line.replace("&& compinit", f"&& {_COMPINIT}") for line in lines_in_help("zsh")]
    return zsh(home, keyboard, *lines)


def fish(home: Path, keyboard: Begin) -> Keyboard:
    """A fish that loads the script at the first Tab."""
    folder = home / ".config/fish"
    (folder / "completions").mkdir(parents=True)
    shutil.copy(SCRIPTS / "dfctl.fish", folder / "completions")
    # Where there is none, fish makes one from all of this machine's manual, for 10 s of computing.
    (home / ".local/share/fish/generated_completions").mkdir(parents=True)
    functions = "function fish_prompt; echo '$ '; end; function fish_greeting; echo READY; end\n"
    (folder / "config.fish").write_text(functions, encoding="utf-8")
    return keyboard("fish", "-i")


SHELLS = [
    pytest.param(plain_bash, marks=needs("bash")),
    pytest.param(strict_bash, marks=needs("bash")),
    pytest.param(loading_bash, marks=needs("bash")),
    pytest.param(loading_zsh, marks=needs("zsh")),
    pytest.param(sourcing_zsh, marks=needs("zsh")),
    pytest.param(fish, marks=needs("fish")),
    pytest.param(told_bash, marks=needs("bash")),
    pytest.param(told_zsh, marks=needs("zsh")),
]
# One of each kind.
EACH = [SHELLS[0], SHELLS[3], SHELLS[5]]
WAYS_TO_LOAD = [*SHELLS[1:3], SHELLS[4], *SHELLS[6:]]
LEFT = "\x1b[D"

# What is typed, and the words that dfctl is given then.
TYPED = {
    # The first Tab of all is one that loads the script.
    "dfctl run sal\t": "run sales",
    "dfctl stat\t": "status",
    "dfctl keys ch\tmy\t": "keys check my-sales.eu",
    "dfctl run --ov\t re\t": "run --overlap refuse",
    "dfctl run sales -o jsonl\t": "run sales -o jsonl",
    "dfctl run --output=t\t": "run --output=text",
    "dfctl run --progress=l\t sal\t": "run --progress=live sales",
    'dfctl run "my\t': "run my-sales.eu",
    "dfctl run 'my-sa\t": "run my-sales.eu",
    "dfctl run -- my\t": "run -- my-sales.eu",
    f"dfctl run x{LEFT}{LEFT} my\t": "run my-sales.eu x",
    "dfctl wait @\t": "wait @last",
    "dfctl wait @la\t": "wait @last",
    "dfctl runs resolve my\t --as e\t": "runs resolve my-sales.eu --as ended",
    "dfctl runs list --profile my\t": "runs list --profile my-sales.eu",
    "dfctl run --config conf\t": "run --config config.toml",
    "dfctl run --config=conf\t": "run --config=config.toml",
    "dfctl run --config other.toml o\t": "run --config other.toml other",
    "dfctl run --config=other.toml o\t": "run --config=other.toml other",
    "dfctl help exi\t": "help exit-codes",
    "dfctl help keys ch\t": "help keys check",
    "dfctl man conf\t": "man config",
    "dfctl completion f\t": "completion fish",
    # Where nothing can stand, or nothing begins so, the word stays.
    "dfctl keys check sales my\t": "keys check sales my",
    "dfctl nosuch sal\t": "nosuch sal",
    "dfctl run --timeout 5\t": "run --timeout 5",
}


@pytest.mark.parametrize("begin", EACH)
def test_tab_completes(home: Path, keyboard: Begin, begin: Callable[..., Keyboard]) -> None:
    (home / "other.toml").write_text("[profiles.other]\n", encoding="utf-8")
    at = begin(home, keyboard)

    given = {typed: at.words_of(typed) for typed in TYPED}

    # zsh writes = behind an option that takes a value, where a blank would stand.
    joined = {
        typed: " ".join(words).replace("--overlap=", "--overlap ") for typed, words in given.items()
    }
    assert joined == TYPED
    assert "rror" not in at.shown


@pytest.mark.parametrize("begin", WAYS_TO_LOAD)
def test_tab_completes_however_the_script_was_loaded(
    home: Path, keyboard: Begin, begin: Callable[..., Keyboard]
) -> None:
    at = begin(home, keyboard)

    assert at.words_of("dfctl run my\t") == ["run", "my-sales.eu"]
    assert at.words_of("dfctl run --output=t\t") == ["run", "--output=text"]
    assert at.words_of("dfctl wait @\t") == ["wait", "@last"]
    assert at.words_of("dfctl nosuch sal\t") == ["nosuch", "sal"]
    assert "rror" not in at.shown


@pytest.mark.parametrize("begin", EACH)
def test_words_that_are_known_start_no_dfctl(
    home: Path, keyboard: Begin, begin: Callable[..., Keyboard]
) -> None:
    at = begin(home, keyboard)

    assert at.words_of("dfctl runs li\t --sta\t fai\t")[:2] == ["runs", "list"]
    assert not at.calls.exists()


@pytest.mark.parametrize("begin", EACH)
def test_several_words_are_listed(
    home: Path, keyboard: Begin, begin: Callable[..., Keyboard]
) -> None:
    at = begin(home, keyboard)

    twice = "\t" if begin is fish else "\t\t"  # a second Tab would choose the first word
    at.offers(f"dfctl run --o{twice}", "--output")
    at.offers(f"dfctl run -o {twice}", "json", "jsonl", "ref", "text")
    at.offers(f"dfctl run {twice}", "my-sales.eu", "sales")


@pytest.mark.parametrize("begin", [SHELLS[3], SHELLS[5]])
def test_words_are_listed_with_what_they_mean(
    home: Path, keyboard: Begin, begin: Callable[..., Keyboard]
) -> None:
    at = begin(home, keyboard)

    at.offers("dfctl sta\t", "Start a flow and print the reference", "Look at runs once")
    at.offers("dfctl run \t", "like sales")
    at.offers("dfctl run --o\t", "open, as this machine", "The form of the result")


@pytest.mark.parametrize("begin", EACH)
def test_a_configuration_that_is_broken_offers_nothing_and_says_nothing(
    home: Path, keyboard: Begin, begin: Callable[..., Keyboard]
) -> None:
    (home / "config.toml").write_text("[[[", encoding="utf-8")

    at = begin(home, keyboard)

    assert at.words_of("dfctl run sal\t") == ["run", "sal"]
    assert "rror" not in at.shown


@pytest.mark.parametrize("begin", EACH)
def test_nothing_is_said_where_dfctl_is_missing(
    home: Path, keyboard: Begin, begin: Callable[..., Keyboard]
) -> None:
    at = begin(home, keyboard)
    (home / "bin" / "dfctl").rename(home / "bin" / "dfctl-gone")

    at.types("dfctl run sal\t").types("\x15echo BE''HIND\r").shows("BEHIND")

    assert "not found" not in at.shown
    assert "rror" not in at.shown
