"""Guessing passwords of stations and of users: slowed down, counted, said once; who knows the password is not held up."""

import asyncio

from ladewerk.clock import SystemClock
from ladewerk.csms.security.accounts import Accounts
from ladewerk.csms.stations.admission import MOST_WAITING_OF_ADDRESS
from ladewerk.csms.store.database import open_store
from ladewerk.refusals import Why
from ladewerk.web.tries import FREE_TRIES, ONE_MORE_AFTER_S
from tests.hostile.scene import ADMINISTRATOR, SECRET, Scene, Stage


def earned(scene: Scene, began_s: float) -> float:
    """Tries that a guesser may have had since then, who had none before."""
    return FREE_TRIES + 1 + (scene.loop.time() - began_s) / ONE_MORE_AFTER_S


def test_guessing_a_station_password_ends_in_429_and_the_station_itself_gets_in(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        wrong, tried = scene.count(Why.WRONG_CREDENTIALS), scene.count(Why.TOO_MANY_TRIES)
        guesser = "127.0.0.80"
        async with scene.attack():
            # Known to be right from before, so even the guesser's own address cannot hold it up.
            assert await scene.knock("/GUARDED-1", user="GUARDED-1", password=SECRET, address=guesser) == 101
            began_s = scene.loop.time()
            said = await asyncio.gather(
                *(
                    scene.knock("/guarded-1", user="GUARDED-1", password=f"guess-number-{one:04}", address=guesser)
                    for one in range(15)
                )
            )
            said += [
                await scene.knock("/GUARDED-1", user="guarded-1", password=f"guess-again-{one:04}", address=guesser)
                for one in range(45)
            ]
            assert 5 <= said.count(401) <= earned(scene, began_s), "in either case of its name"
            assert said.count(429) == 60 - said.count(401)
            assert await scene.knock("/GUARDED-1", user="GUARDED-1", password=SECRET, address=guesser) == 101
            assert await scene.knock("/GUARDED-1", user="GUARDED-1", password=SECRET, address="127.0.0.81") == 101
            assert await scene.knock("/GUARDED-1", user="GUARDED-1", password="one-wrong-word", address="127.0.0.81") == 401
        assert scene.count(Why.WRONG_CREDENTIALS) - wrong == said.count(401) + 1
        assert scene.count(Why.TOO_MANY_TRIES) - tried == said.count(429)
        assert len([line for line in scene.lines("too_many_tries") if guesser in line]) == 1
        assert not scene.lines("guess-"), "what was tried is in no log"

    stage.run(test)


def test_a_changed_password_is_asked_for_at_once(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        async with scene.browser(logged_in=True) as client:
            new = "another-horse-battery"
            for password, old in ((new, SECRET), (SECRET, new)):
                answer = await client.post("/api/stations", json={"id": "GUARDED-1", "password": password})
                assert answer.status_code == 201, answer.text
                assert await scene.knock("/GUARDED-1", user="GUARDED-1", password=old, address="127.0.0.82") == 401
                assert await scene.knock("/GUARDED-1", user="GUARDED-1", password=password, address="127.0.0.82") == 101

    stage.run(test)


def test_guessing_many_identities_is_bounded_by_the_address(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        """Each identity once or twice, so that none of them has had too many."""
        async with scene.browser(logged_in=True) as client:
            for number in range(60):
                made = await client.post("/api/stations", json={"id": f"MANY-{number}", "password": SECRET})
                assert made.status_code == 201
        async with scene.attack():
            said, began_s = [], scene.loop.time()
            for word in ("first", "second"):
                for number in range(60):
                    name = f"MANY-{number}"
                    said.append(
                        await scene.knock(f"/{name}", user=name, password=f"{word}-guess-of-many", address="127.0.0.83")
                    )
            assert 100 <= said.count(401) <= 101 + scene.loop.time() - began_s
            assert said.count(429) > 0
            assert said.count(429) == 120 - said.count(401)

    stage.run(test)


def test_strangers_cannot_push_each_other_off_the_list_of_those_who_wait(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        lines, unknown = len(scene.log.lines), scene.count(Why.UNKNOWN_STATION)
        async with scene.attack():
            assert await scene.knock("/HONEST-1", address="127.0.0.84") == 404
            for one in range(300):
                assert await scene.knock(f"/STRANGER-{one}", address="127.0.0.85") == 404
            async with scene.browser(logged_in=True) as client:
                waiting = [
                    one["id"] for one in (await client.get("/api/overview")).json()["stations"] if one["state"] == "waiting"
                ]
        assert "HONEST-1" in waiting
        assert sum(name.startswith("STRANGER-") for name in waiting) <= MOST_WAITING_OF_ADDRESS
        assert scene.count(Why.UNKNOWN_STATION) - unknown == 301
        assert len(scene.log.lines) - lines <= 30

    stage.run(test)


def test_guessing_a_users_password_ends_in_429_and_whoever_is_inside_stays(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        wrong = scene.count(Why.WRONG_PASSWORD)
        async with (
            scene.attack(),
            scene.browser(address="127.0.0.86") as guesser,
            scene.browser(logged_in=True) as inside,
            scene.browser(address="127.0.0.87") as elsewhere,
        ):
            said, began_s = [], scene.loop.time()
            for one in range(30):
                name = "Ada" if one % 2 else f"nobody-{one}"
                said.append(await guesser.post("/api/session", json={"user": name, "password": f"wrong-{one:08}"}))
            statuses = [answer.status_code for answer in said]
            assert 5 <= statuses.count(422) <= earned(scene, began_s)
            assert statuses.count(429) == 30 - statuses.count(422)
            refused = [answer for answer in said if answer.status_code == 422]
            assert len({answer.text for answer in refused}) == 1, "a name that nobody has is refused in the same words"
            assert (await inside.get("/api/overview")).status_code == 200
            right = await elsewhere.post("/api/session", json={"user": "Ada", "password": ADMINISTRATOR})
            assert right.status_code == 200
            seen = (await inside.get("/api/refusals")).json()
        assert scene.count(Why.WRONG_PASSWORD) - wrong == statuses.count(422)
        assert seen["counts"]["wrong_password"] == scene.count(Why.WRONG_PASSWORD)
        assert {"password of user Ada", "password of a user that is not known"} <= {
            burst["what"] for burst in seen["bursts"] if burst["remote"] == "127.0.0.86"
        }
        assert not scene.lines("wrong-0")

    stage.run(test)


def test_a_name_that_nobody_has_costs_as_much_as_a_wrong_password(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        """Not by the clock: for both of them a password is hashed."""
        async with open_store(scene.database) as store:
            accounts = Accounts(store.accounts, SystemClock())
            await accounts.begin()
            for name in ("Ada", "nobody at all"):
                guess = asyncio.create_task(accounts.log_in(name, "wrong-horse-battery"))
                await asyncio.sleep(0)
                assert accounts.busy, name
                assert await guess is None

    stage.run(test)


def test_keys_and_cookies_that_are_made_up_open_nothing(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        async with scene.browser() as client:
            for headers in (
                {"Authorization": "Bearer lwk_" + "A" * 43},
                {"Authorization": "Bearer " + "A" * 20_000},
                {"Authorization": "Bearer"},
                {"Authorization": "Basic QWRhOng="},
                {"Cookie": "ladewerk-csms=" + "A" * 43},
                {"Cookie": "ladewerk-csms="},
                {"Cookie": 'ladewerk-csms="\\"; a=b'},
            ):
                answer = await client.get("/api/overview", headers=headers)
                assert answer.status_code in {400, 401}, headers

    stage.run(test)
