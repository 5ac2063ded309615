"""No message between the services can carry a picture, an embedding or a score: their types show it."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from msgspec import inspect

from lightproof.appliance.messages import (
    FROM,
    MAX_REQUEST_CHARACTERS,
    MAX_RESULT_CHARACTERS,
    Answer,
    Hello,
    Message,
    Service,
)
from lightproof.appliance.wire import MAX_MESSAGE_BYTES
from lightproof.result import MAX_TOKEN_BYTES

FIELDS = [
    (kind.cls.__name__, field)
    for kind in inspect.multi_type_info(get_args(Message))
    if isinstance(kind, inspect.StructType)
    for field in kind.fields
]


def test_every_message_is_looked_at() -> None:
    assert {name for name, _ in FIELDS} == {kind.__name__ for kind in get_args(Message)}


@pytest.mark.parametrize(("message", "field"), FIELDS, ids=lambda value: getattr(value, "name", value))
def test_a_field_is_a_word_of_a_list_a_bounded_number_or_a_bounded_text(
    message: str, field: inspect.Field
) -> None:
    kind = field.type
    if isinstance(kind, inspect.EnumType):
        assert len(list(kind.cls)) < 20
    elif isinstance(kind, inspect.IntType):
        assert kind.ge is not None
        assert kind.le is not None
        assert kind.le < 2**16, "wide enough for pixels"
    else:
        assert isinstance(kind, inspect.StrType), f"{message}.{field.name} may hold anything"
        assert kind.max_length is not None
        assert kind.pattern is not None
        assert kind.pattern.startswith("^")
        assert kind.pattern.endswith(r"\Z")


def test_only_a_signed_result_leaves_vision_as_text() -> None:
    texts = {
        (kind.cls, field.name)
        for kind in inspect.multi_type_info(FROM[Service.VISION])
        if isinstance(kind, inspect.StructType)
        for field in kind.fields
        if isinstance(field.type, inspect.StrType) and field.name != "ask_id"
    }
    assert texts == {(Answer, "token")}
    assert MAX_RESULT_CHARACTERS == MAX_TOKEN_BYTES


def test_nothing_can_be_added_to_a_message() -> None:
    for kind in inspect.multi_type_info(get_args(Message)):
        assert isinstance(kind, inspect.StructType)
        assert kind.forbid_unknown_fields
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"type":"hello","service":"vision","picture":"aGFsbG8"}', type=Hello)


def test_the_longest_request_fits_into_a_message() -> None:
    assert MAX_REQUEST_CHARACTERS < MAX_MESSAGE_BYTES // 2 + 1
