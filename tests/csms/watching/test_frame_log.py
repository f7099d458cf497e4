"""The console's memory."""

from datetime import UTC, datetime

from ladewerk.csms.watching.frame_log import MOST_CHARACTERS, MOST_FRAMES, FrameLog, LoggedFrame

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


def test_the_newest_frames_are_kept_and_each_is_announced() -> None:
    log = FrameLog()
    seen: list[LoggedFrame] = []
    log.seen.connect(seen.append)
    for number in range(MOST_FRAMES + 5):
        log.add(NOW, f"S-{number % 2}", True, str(number))
    assert len(seen) == MOST_FRAMES + 5
    assert len(log.newest(10**6)) == MOST_FRAMES
    assert [frame.text for frame in log.newest(2)] == [str(MOST_FRAMES + 3), str(MOST_FRAMES + 4)]
    assert [frame.text for frame in log.newest(1, "S-1")] == [str(MOST_FRAMES + 3)]
    assert log.newest(0) == []


def test_long_frames_push_out_more_of_the_old_ones() -> None:
    log = FrameLog()
    for _ in range(5):
        log.add(NOW, "S", False, "x" * (MOST_CHARACTERS // 4))
    assert len(log.newest(100)) == 4


def test_a_frame_with_a_password_is_not_kept() -> None:
    log = FrameLog()
    log.add(NOW, "S", True, '[2,"1","SetVariables",{"name":"BasicAuthPassword","attributeValue":"secret"}]')
    assert log.newest(1)[0].text == '[2,"1","SetVariables",{"name":"BasicAuthPassword","attributeValue":"…"}]'
