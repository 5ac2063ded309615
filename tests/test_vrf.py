"""The verifiable random function: the vectors of RFC 9381, and nothing else that would prove an output."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from lightproof.errors import InputError
from lightproof.vrf import PROOF_BYTES, is_proof, output, prove

SECRET = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
VECTORS = {
    b"sample": (
        "035b5c726e8c0e2c488a107c600578ee75cb702343c153cb1eb8dec77f4b5071b4a53f0a46f018bc2c56e58d383f2305e0"
        "975972c26feea0eb122fe7893c15af376b33edf7de17c6ea056d4d82de6bc02f"
    ),
    b"test": (
        "034dac60aba508ba0c01aa9be80377ebd7562c4a52d74722e0abae7dc3080ddb56c19e067b15a8a8174905b13617804534"
        "214f935b94c2287f797e393eb0816969d864f37625b443f30f1a5a33f2b3c854"
    ),
}
"""RFC 9381 appendix B.1: input -> proof."""
KEY = ec.derive_private_key(SECRET, ec.SECP256R1())
OTHER = ec.derive_private_key(SECRET + 1, ec.SECP256R1())
PROOF = prove(KEY, b"sample")


@pytest.mark.parametrize("alpha", VECTORS)
def test_it_is_the_function_of_the_standard(alpha: bytes) -> None:
    proof = bytes.fromhex(VECTORS[alpha])
    assert prove(KEY, alpha) == proof
    assert is_proof(KEY.public_key(), alpha, proof)


def test_its_output_is_that_of_the_standard() -> None:
    assert output(PROOF).hex() == "a3ad7b0ef73d8fc6655053ea22f9bede8c743f08bbed3d38821f0e16474b505e"


@settings(max_examples=10, deadline=None)
@given(secret=st.integers(1, 2**255), alpha=st.binary(max_size=80))
def test_whatever_is_proven_is_proven_to_whoever_has_the_public_key_alone(secret: int, alpha: bytes) -> None:
    key = ec.derive_private_key(secret, ec.SECP256R1())
    proof = prove(key, alpha)
    assert is_proof(key.public_key(), alpha, proof)
    assert not is_proof(OTHER.public_key(), alpha, proof)
    assert not is_proof(key.public_key(), alpha + b"\0", proof)


@settings(max_examples=25, deadline=None)
@given(place=st.integers(0, PROOF_BYTES - 1), flip=st.integers(1, 255))
def test_no_other_bytes_prove_it(place: int, flip: int) -> None:
    changed = bytearray(PROOF)
    changed[place] ^= flip
    assert not is_proof(KEY.public_key(), b"sample", bytes(changed))


@pytest.mark.parametrize(
    "proof",
    [
        b"",
        PROOF[:-1],
        PROOF + b"\0",
        bytes(PROOF_BYTES),
        b"\x02" + b"\xff" * 80,
        b"\x00" + PROOF[1:],
        # The same answer, once more around the order of the group.
        PROOF[:49]
        + (
            int.from_bytes(PROOF[49:]) + 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
            & 2**256 - 1
        ).to_bytes(32),
    ],
)
def test_bytes_that_are_no_proof_prove_nothing(proof: bytes) -> None:
    assert not is_proof(KEY.public_key(), b"sample", proof)


def test_a_key_on_another_curve_is_refused() -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    with pytest.raises(InputError, match="secp384r1"):
        prove(key, b"sample")
    assert not is_proof(key.public_key(), b"sample", PROOF)
    with pytest.raises(InputError, match="80 bytes"):
        output(PROOF[:-1])
