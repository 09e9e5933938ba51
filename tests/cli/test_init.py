"""`dfctl init` where nobody can answer. What a person sees is in tests/terminal."""

from tests.shell import Shell


def test_without_a_terminal_it_names_the_command_that_asks_nothing(shell: Shell) -> None:
    shell.stdin = "1\n"

    assert shell("init").result == (
        2,
        "",
        "error: dfctl init asks questions, and here is no terminal to ask them on\n"
        "hint: without questions: dfctl profiles add NAME --backend B --address URL --flow ID\n",
    )
    assert not shell.config.exists()
