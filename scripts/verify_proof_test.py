"""What verify_proof.py stands on: RFC 8032's vectors (7.1), and which JSON is canonical. Run by `python3 -m unittest`."""

import hashlib
import unittest

import verify_proof
from verify_proof import ORDER, P, decode, encode, is_signed, jcs, parse

VECTORS = {
    "TEST 1": (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        b"",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    "TEST 2": (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        b"\x72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    "TEST 3": (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        b"\xaf\x82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    "TEST SHA(abc)": (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").digest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
}


def flipped(data, bit):
    return (int.from_bytes(data, "little") ^ 1 << bit).to_bytes(len(data), "little")


class Ed25519(unittest.TestCase):
    def setUp(self):
        self.vectors = {name: (bytes.fromhex(key), message, bytes.fromhex(sig)) for name, (key, message, sig) in VECTORS.items()}

    def test_what_was_signed_passes(self):
        for name, vector in self.vectors.items():
            self.assertTrue(is_signed(*vector), name)

    def test_no_bit_of_the_key_the_message_or_the_signature_can_change(self):
        key, message, signature = self.vectors["TEST 3"]
        for bit in range(0, 256, 5):
            self.assertFalse(is_signed(flipped(key, bit), message, signature), bit)
        for bit in range(16):
            self.assertFalse(is_signed(key, flipped(message, bit), signature), bit)
        for bit in range(0, 512, 3):
            self.assertFalse(is_signed(key, message, flipped(signature, bit)), bit)

    def test_s_is_less_than_the_order(self):
        key, message, signature = self.vectors["TEST 1"]
        s = int.from_bytes(signature[32:], "little")
        self.assertFalse(is_signed(key, message, signature[:32] + (s + ORDER).to_bytes(32, "little")))

    def test_lengths_other_than_32_and_64_bytes_are_no_signature(self):
        key, message, signature = self.vectors["TEST 1"]
        self.assertFalse(is_signed(key[:31], message, signature))
        self.assertFalse(is_signed(key, message, signature + b"\0"))

    def test_a_key_of_small_order_signs_nothing(self):
        for y in (0, 1, P - 1, 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826):
            for r in (0, 1, P - 1):
                for n in range(8):
                    signature = r.to_bytes(32, "little") + bytes(32)
                    self.assertFalse(is_signed(y.to_bytes(32, "little"), bytes([n]), signature), y)

    def test_a_point_has_one_encoding(self):
        for y in (1, 4 * pow(5, -1, P) % P):
            self.assertEqual(encode(decode(y.to_bytes(32, "little"))), y.to_bytes(32, "little"))
        self.assertIsNone(decode((P + 1).to_bytes(32, "little")), "y is not less than p")
        self.assertIsNone(decode((1 | 1 << 255).to_bytes(32, "little")), "x is 0 and its sign is set")
        self.assertIsNone(decode((2).to_bytes(32, "little")), "no x belongs to y")


class CanonicalJson(unittest.TestCase):
    def test_a_canonical_text_is_read(self):
        for text in ('{"a":1,"b":[null,true,"é\\n\\u001f\x7f"]}', '"\U0001f600"', "-9007199254740991", '{"\U0001f600":1,"\ufb33":2}'):
            self.assertEqual(jcs(parse(text)), text)

    def test_any_other_spelling_is_refused(self):
        others = ('{"b":1,"a":1}', '{"a":1,"a":1}', "[1, 2]", "1.0", "1e3", "-0", "9007199254740992", "1" * 5000, "NaN", "Infinity", '"\\u00e9"')
        for text in (*others, '"\\ud800"', '"\\ud83d\\ude00"', '"\\/"', "\ufeff1", "1\r", "", "{", '{"\ufb33":2,"\U0001f600":1}'):
            self.assertRaises(ValueError, parse, text)

    def test_64_arrays_are_deep_enough(self):
        self.assertEqual(jcs(parse("[" * 64 + "]" * 64)), "[" * 64 + "]" * 64)
        for depth in (65, 900, 100_000):
            self.assertRaises(ValueError, parse, "[" * depth + "]" * depth)


class Files(unittest.TestCase):
    def test_what_is_no_proof_is_malformed_in_its_first_line(self):
        for data in (b"", b"\n", b"{}", b"{}\n", b"\xff\n", b"null\n", b'{"proof":{}}\n', b"\xef\xbb\xbf{}\n", b"9" * 20_000_000 + b"\n"):
            self.assertEqual(verify_proof.verify(data, []), {"ok": False, "line": 1, "seq": None, "problem": "file.malformed"})


if __name__ == "__main__":
    unittest.main()
