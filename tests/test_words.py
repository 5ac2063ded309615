"""Words that a person reads before consent: names in any script, and nothing that hides."""

from __future__ import annotations

import pytest

from lightproof.errors import InputError
from lightproof.words import shown_words


@pytest.mark.parametrize(
    "name",
    [
        "O’Brien & Söhne – Straße 5",
        "Đặng Thị Hương",
        "株式会社 佐藤",
        "葛\U000e0100城市",
        "علی‌رضا محمدی",
        "ශ්‍රී ලංකා බැංකුව",
        "क्‍ष बैंक",
        "בנק הפועלים",
        "ᠮᠣᠩᠭᠣᠯ\u180b ᠪᠠᠩᠬᠢ",
        "Сбербанк №1",
        "한국은행",
        "ธนาคารกรุงเทพ",
        "I ❤\ufe0f cats",
        "e\u0301clair",
    ],
)
def test_names_in_any_script_are_shown_as_they_are(name: str) -> None:
    assert shown_words("requester", name, 120) == name


@pytest.mark.parametrize("space", ["\u00a0", "\u3000", "\u2003", "\u202f", "  ", " \u00a0 "])
def test_spaces_of_all_widths_become_one_plain_space(space: str) -> None:
    assert shown_words("requester", f"{space}株式会社{space}佐藤{space}", 7) == "株式会社 佐藤"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("two\nlines", "U+000A"),
        ("a\ttab", "U+0009"),
        ("\x1b[2Jgone", "U+001B"),
        ("back\u202ewards", r"U\+202E \(RIGHT-TO-LEFT OVERRIDE\)"),
        ("a\u2066b\u2069", r"U\+2066"),
        ("\u200emark", r"U\+200E"),
        ("Bank\u200b", r"U\+200B \(ZERO WIDTH SPACE\)"),
        ("Ba\u200dnk", r"U\+200D"),
        ("Ba\u200cnk", r"U\+200C"),
        ("\u200cعلی", r"U\+200C"),
        ("soft\u00adhyphen", r"U\+00AD"),
        ("\ufeffBank", r"U\+FEFF"),
        ("\u3164", r"U\+3164 \(HANGUL FILLER\)"),
        ("\u2800", r"U\+2800"),
        ("\ufe0f", r"U\+FE0F"),
        ("a\ufe0f\ufe0f", r"U\+FE0F"),
        ("\ue000", r"U\+E000"),
        ("\u2028", r"U\+2028"),
        ("\ud800", r"U\+D800"),
        ("tag\U000e0041", r"U\+E0041"),
    ],
)
def test_what_does_not_show_itself_is_refused_by_its_name(text: str, named: str) -> None:
    named = named if "\\" in named else named.replace("+", r"\+")
    with pytest.raises(InputError, match=rf"cannot be shown to the person: it holds {named}.* take it out"):
        shown_words("requester", text, 120)


@pytest.mark.parametrize("text", ["", " ", "\u3000\u00a0", "x" * 121])
def test_nothing_and_too_much_are_refused_with_what_there_is_room_for(text: str) -> None:
    with pytest.raises(InputError, match="give 1 to 120 printable characters"):
        shown_words("purpose", text, 120)
