"""Charts of teeth are told by their notation, and by so many teeth that they are of one mouth."""

from __future__ import annotations

import pytest

from tutela.engine.teeth import is_dental


@pytest.mark.parametrize("form", ["ur{}", "UR{}_PLAN", "ur{}cmp", "tooth_ul_{}", "t1{}", "tooth_4{}", "lr{}pl"])
def test_a_quarter_of_a_mouth_is_a_chart(form: str) -> None:
    """Eight teeth in Palmer's notation or the one of two digits."""
    assert is_dental([form.format(place) for place in range(1, 9)])


@pytest.mark.parametrize("form", ["ur{}", "t1{}", "url{}", "field{}", "month1{}", "q1{}"])
def test_seven_teeth_or_other_numbers_are_none(form: str) -> None:
    """One tooth less, and numbers behind other letters."""
    places = range(1, 8) if form in {"ur{}", "t1{}"} else range(1, 9)

    assert not is_dental([form.format(place) for place in places])
