"""Wrong values are refused by us, in words, and not by whatever lies deeper (see `wrong_values`)."""

from __future__ import annotations

import pytest
from wrong_values import Fault, callables, calls, raw, tried

#: values that no required argument of these can take, whatever it is
NEVER = ("object", "endless", "surrogate")
PARTS = sorted({who.partition(".")[0] for who in callables()} - {"formula", "toylands", "plots"})


@pytest.mark.parametrize("part", PARTS)
def test_what_no_argument_can_be_is_refused_in_our_words(part: str) -> None:
    found: list[Fault] = []
    for who in callables():
        if who.partition(".")[0] == part:
            _, given = calls(who)
            found += [
                fault
                for argument in given
                for value in NEVER
                if (fault := tried(who, argument, value, given)) is not None
            ]
    assert not found, "\n".join(map(str, found))


def test_a_raw_error_is_told_from_ours() -> None:
    import toylands as tl

    with pytest.raises(TypeError) as ours:
        tl.theory.noise.floor(None, 1, 1)  # type: ignore[arg-type]
    assert raw(ours.value) is None
    with pytest.raises(TypeError) as theirs:
        tl.theory.noise.floor.__wrapped__(0.1, 1, 1, beta=None)  # type: ignore[attr-defined]
    assert raw(theirs.value) is not None
