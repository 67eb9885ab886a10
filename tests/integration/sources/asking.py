"""Who asks in these tests, and for what."""

from dataclasses import dataclass

from strategy_sources.wanted import Wanted

A, B = "7b0e0c9e-1111-4222-8333-444455556666", "8c1f1daf-1111-4222-8333-444455556666"
NOBODYS = "00000000-1111-4222-8333-444455556666"
UUID_OF_ALICE = "11111111-1111-4222-8333-444455556666"
UUID_OF_BOB = "22222222-1111-4222-8333-444455556666"


@dataclass(frozen=True)
class Person:
    user_id: str | None = None
    subject: str | None = None

    def wants(self, strategy_id: str) -> Wanted:
        return Wanted(strategy_id, self.user_id, self.subject)


ALICE = Person("42", "alice")
BOB = Person("43", "bob")
ALICE_OF_ERA_A = Person(UUID_OF_ALICE, "alice")
