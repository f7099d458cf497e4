import io
import logging

from ladewerk.log_lines import KIND_FORGOTTEN_AFTER_S, MOST_OF_A_KIND, operators_handler


class Log:
    def __init__(self) -> None:
        self._stream = io.StringIO()
        self._handler = operators_handler(self._stream)

    def say(self, message: str, *arguments: object, at_s: float = 0.0, error: Exception | None = None) -> None:
        caught = None if error is None else (type(error), error, None)
        record = logging.LogRecord("ladewerk.somewhere", logging.WARNING, __file__, 1, message, arguments, caught)
        record.created = 1_750_000_000 + at_s
        self._handler.handle(record)

    @property
    def lines(self) -> list[str]:
        return self._stream.getvalue().splitlines()


def test_an_entry_is_one_line_whatever_a_peer_says() -> None:
    log = Log()
    log.say("%s said %s", "CS-1", "hello\n2026-01-05 17:00:00,000 ERROR   ladewerk: forged\x1b[2J\u2028\r")
    assert len(log.lines) == 1
    assert log.lines[0].endswith(r"CS-1 said hello\n2026-01-05 17:00:00,000 ERROR   ladewerk: forged\x1b[2J\u2028\r")


def test_the_lines_of_a_trace_are_indented_so_that_none_can_be_taken_for_an_entry() -> None:
    log = Log()
    log.say("failed", error=ValueError("not usable:\n2026-01-05 17:00:00,000 ERROR   ladewerk: forged\x07"))
    assert log.lines[1:] == ["    ValueError: not usable:", r"    2026-01-05 17:00:00,000 ERROR   ladewerk: forged\x07"]


def test_few_of_a_kind_are_said_and_later_how_many_were_not() -> None:
    log = Log()
    for number in range(1000):
        log.say("%s: dropped %s", "CS-1", number)
    log.say("%s: dropped %s", "CS-2", "of another peer")
    log.say("%s: dropped %s", "CS-1", "a minute later", at_s=KIND_FORGOTTEN_AFTER_S)
    said = [line.partition("dropped ")[2] for line in log.lines]
    assert said == [
        *map(str, range(MOST_OF_A_KIND - 1)),
        f"{MOST_OF_A_KIND - 1} (more like this are left out for a minute)",
        "of another peer",
        f"a minute later ({1000 - MOST_OF_A_KIND} like this were left out)",
    ]
