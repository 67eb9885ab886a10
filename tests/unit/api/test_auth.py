"""Who is asking: what a token must be, and whose things it opens."""

import base64
import time
from typing import Any

import jwt
import pytest

from api_serving import SECRET, Outside, a_token, answering, bearer, settings
from strategy_api.auth import Identity, TokenAuthenticator, decode_secret
from strategy_api.errors import Unauthenticated


def identify(token: str | None) -> Identity:
    return TokenAuthenticator(SECRET).identify(token)


@pytest.mark.parametrize(
    ("token", "owner"),
    [
        pytest.param(a_token(42, "alice"), "42", id="the user id is the owner"),
        pytest.param(a_token("42", "alice"), "42", id="a user id as text"),
        pytest.param(a_token(0, "root"), "0", id="user id zero"),
        pytest.param(a_token(None, "alice"), "alice", id="without a user id the subject is"),
    ],
)
def test_the_owner_behind_a_token(token: str, owner: str) -> None:
    assert identify(token).owner == owner


def signed(payload: dict[str, Any], key: Any = SECRET, algorithm: str = "HS512") -> str:
    return jwt.encode(payload, key, algorithm=algorithm)


LATER = time.time() + 3600


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("a.b.c", id="garbage"),
        pytest.param(a_token(expires_in_s=-60), id="expired"),
        pytest.param(signed({"sub": "alice", "user_id": 42}), id="no expiry"),
        pytest.param(signed({"user_id": 42, "exp": LATER}), id="no subject"),
        pytest.param(signed({"sub": "", "exp": LATER}), id="an empty subject"),
        pytest.param(signed({"sub": "alice", "exp": LATER}, bytes(64)), id="another secret"),
        pytest.param(signed({"sub": "alice", "exp": LATER}, algorithm="HS256"), id="a weaker algorithm"),
        pytest.param(signed({"sub": "alice", "exp": LATER}, None, "none"), id="no signature"),
        pytest.param(a_token(None, "42"), id="a subject that looks like somebody's user id"),
        pytest.param(a_token(True, "alice"), id="a user id that is a boolean"),
        pytest.param(signed({"sub": "alice", "user_id": {"a": 1}, "exp": LATER}), id="a user id that is an object"),
    ],
)
def test_tokens_that_open_nothing(token: str | None) -> None:
    with pytest.raises(Unauthenticated):
        identify(token)


@pytest.mark.parametrize(
    ("user_id", "subject", "owned"),
    [
        pytest.param("42", "alice", True, id="both are mine"),
        pytest.param("42", None, True, id="my user id"),
        pytest.param("7", "alice", False, id="another user id beside my name"),
        pytest.param(None, "42", True, id="written as the subject"),
        pytest.param(None, "bob", False, id="somebody else"),
        pytest.param(None, None, False, id="nobody's"),
    ],
)
def test_whose_a_resource_is(user_id: str | None, subject: str | None, owned: bool) -> None:
    assert Identity("42", "alice").owns(user_id, subject) is owned


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32"):
        TokenAuthenticator(bytes(31))


def test_the_secret_is_base64() -> None:
    assert decode_secret(base64.b64encode(SECRET).decode()) == SECRET
    with pytest.raises(ValueError, match="base64"):
        decode_secret("not base64!")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/strategies/list"),
        ("GET", "/api/strategies/active/list"),
        ("POST", "/api/strategies/start"),
        ("POST", "/api/strategies/a/stop"),
        ("GET", "/api/strategies/a/status"),
        ("POST", "/api/strategies/a/configure"),
        ("GET", "/api/strategies/a/metrics"),
        ("GET", "/api/strategies/a"),
        ("DELETE", "/api/strategies/a"),
        ("GET", "/api/signals/stream"),
        ("GET", "/api/signals/list"),
        ("GET", "/api/signals/latest/BTCUSDT"),
        ("GET", "/api/signals/analytics/summary"),
        ("POST", "/api/signals/test"),
        ("GET", "/api/signals/a/performance"),
        ("GET", "/api/signals/a"),
        ("DELETE", "/api/signals/a"),
    ],
)
async def test_every_route_of_the_api_asks_for_a_token(method: str, path: str) -> None:
    async with answering(Outside()) as api:
        answer = await api.http.request(method, path, headers={"Authorization": ""})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["detail"]


async def test_too_many_requests_of_one_tenant_do_not_touch_another() -> None:
    async with answering(Outside(), settings(rate_limit_per_second=0.5, rate_limit_burst=2)) as api:
        answers = [await api.http.get("/api/signals/list") for _ in range(3)]
        other = await api.http.get("/api/signals/list", headers=bearer(a_token(7, "bob")))
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["retry-after"]) >= 1
    assert other.status_code == 200
