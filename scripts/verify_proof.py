#!/usr/bin/env python3
"""Checks the proof of a room, written from docs/proof.md alone: a second opinion beside parley-verify.

    python3 scripts/verify_proof.py FILE --key KID [--key KID ...] [--seen SEQ:HASH]
    python3 scripts/verify_proof.py --batch

Prints {"ok": true, "seq", "hash"} or {"ok": false, "line", "seq", "problem"}; exits with 0 (it holds), 1 (it does not) or
2 (nothing could be checked). --batch reads lines {"path" or "base64", "keys": [...]} and answers each with one line.
Python 3.9 or later, its standard library only; Ed25519 is RFC 8032, written out below.
"""

import argparse
import base64
import hashlib
import hmac
import json
import re
import sys
from functools import lru_cache

# --- Ed25519 (RFC 8032, 5.1). A point is (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z. ---

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)


def plus(a, b):
    """Adds two points (5.1.4); the formula is complete, so it doubles too."""
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    m = (y1 - x1) * (y2 - x2) % P
    n = (y1 + x1) * (y2 + x2) % P
    c = 2 * D * t1 * t2 % P
    d = 2 * z1 * z2 % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def decode(data):
    """The point that 32 bytes say (5.1.3), or None: y has to be less than P, and x has to exist."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    if v * x * x % P == P - u and u:
        x = x * ROOT_OF_MINUS_1 % P
    if v * x * x % P != u or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def encode(point):
    x, y, z, _ = point
    inverse = pow(z, -1, P)
    return (y * inverse % P | (x * inverse % P & 1) << 255).to_bytes(32, "little")


def windows(point):
    """multiples[i][j] = j * 16^i * point, so that a product is 64 additions."""
    multiples = []
    for _ in range(64):
        row = [NEUTRAL]
        for _ in range(15):
            row.append(plus(row[-1], point))
        multiples.append(row)
        point = plus(row[-1], point)
    return multiples


def times(scalar, multiples, start=NEUTRAL):
    for row in multiples:
        start = plus(start, row[scalar & 15])
        scalar >>= 4
    return start


BASE = windows(decode((4 * pow(5, -1, P) % P).to_bytes(32, "little")))


@lru_cache(maxsize=256)
def minus_key(key):
    """Minus the key's point; None where it is none, or is of small order, since then there are signatures over anything."""
    point = decode(key)
    multiples = windows((-point[0] % P, point[1], 1, -point[3] % P)) if point else None
    return None if multiples is None or encode(multiples[0][8]) == encode(NEUTRAL) else multiples


@lru_cache(maxsize=65536)
def is_signed(key, message, signature):
    """5.1.7: S is less than the order, and R is, byte for byte, S * B - k * A."""
    multiples = minus_key(key) if len(key) == 32 and len(signature) == 64 else None
    s = int.from_bytes(signature[32:], "little")
    if multiples is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    return encode(times(k, multiples, times(s, BASE))) == signature[:32]


# --- Canonical JSON (RFC 8785), of integers only, so that no double has to be written ---

DEPTH = 64
SAFE = 2**53 - 1
LONGEST_LINE = 16 * 1024 * 1024


write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def jcs(value):
    return write(in_order(value))


def in_order(value, depth=1):
    """The same value with the members of its objects in the order of their names' UTF-16."""
    if depth > DEPTH and isinstance(value, (dict, list)):
        raise ValueError("nested too deeply")
    if isinstance(value, dict):
        return {name: in_order(value[name], depth + 1) for name in sorted(value, key=utf16)}
    return [in_order(item, depth + 1) for item in value] if isinstance(value, list) else value


def utf16(name):
    return name.encode("utf-16-be")


def integer(digits):
    value = int(digits) if len(digits) <= 17 else SAFE + 1
    return value if abs(value) <= SAFE else refuse(digits)


def refuse(found):
    raise ValueError("not in a proof: " + found[:40])


def parse(text):
    """The value of a canonical text; ValueError for any other, such as one with a member twice, a lone surrogate or a space."""
    try:
        value = json.loads(text, parse_int=integer, parse_float=refuse, parse_constant=refuse)
    except RecursionError:
        raise ValueError("nested too deeply")
    return value if jcs(value).encode() == text.encode() else refuse("another spelling")


# --- Forms: a check is a function from a value to whether it is so. ---


def text(value):
    return isinstance(value, str)


def form(pattern):
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def whole(least, most=SAFE):
    return lambda value: type(value) is int and least <= value <= most


def one_of(*expected):
    return lambda value: any(value == one and type(value) is type(one) for one in expected)


def null_or(check):
    return lambda value: value is None or check(value)


def array(check, least=0):
    return lambda value: isinstance(value, list) and len(value) >= least and all(map(check, value))


def at_least(**checks):
    return lambda value: isinstance(value, dict) and all(name in value and checks[name](value[name]) for name in checks)


def exactly(**checks):
    return lambda value: at_least(**checks)(value) and len(value) == len(checks)


number = whole(1)
digest = form("[0-9a-f]{64}")
salt = form("[0-9a-f]{32}")
uuid = form("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
moment = form(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
bytes32 = form("[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
signature = form("[A-Za-z0-9_-]{85}[AQgw]")
side = one_of("brand", "creator")

key = exactly(kty=one_of("OKP"), crv=one_of("Ed25519"), x=bytes32, kid=bytes32, alg=one_of("EdDSA"), use=one_of("sig"), since=moment)
ENTRY = exactly(
    seq=number, id=uuid, type=text, version=number, actor=uuid, at=moment, hash=digest,
    deal=null_or(text), dealSalt=null_or(salt), personal=null_or(text), personalSalt=null_or(salt),
    erased=null_or(digest), withheld=null_or(digest),
)  # fmt: skip
LINES = {
    "proof": exactly(version=one_of(1), room=uuid, at=moment, keys=array(key, 1)),
    "entry": lambda entry: ENTRY(entry) and salted(entry) and deal_part_is_well(entry),
    "checkpoint": exactly(stream=uuid, seq=number, hash=digest, at=moment, keyId=bytes32, signature=signature),
    "deal": lambda deal: deal is None or isinstance(deal, dict),
    "seal": exactly(seq=number, hash=digest, lines=number, sha256=digest, at=moment, keyId=bytes32, signature=signature),
}
FOLLOWS = {
    None: ("proof",),
    "proof": ("entry",),
    "entry": ("entry", "checkpoint", "deal"),
    "checkpoint": ("checkpoint", "deal"),
    "deal": ("seal",),
    "seal": (),
}

TERMS = at_least(
    fee=at_least(currency=text),
    deliverables=array(at_least(platform=text, format=text, count=whole(1, 100), due=null_or(text))),
    payments=array(at_least(amount=whole(-SAFE), due=text)),
)
ATTESTATION = exactly(kind=text, session=uuid, method=text, provedAt=text, at=text, keyId=bytes32, signature=signature)
DEAL_PARTS = {
    "application.submitted": at_least(applicationId=uuid),
    "application.statusChanged": at_least(to=text, version=number),
    "offer.proposed": at_least(
        offer=number, by=side, basedOn=null_or(number), validUntil=null_or(text), hash=digest,
        terms=lambda terms: TERMS(terms) and sum(wanted["count"] for wanted in terms["deliverables"]) <= 100,
    ),
    "offer.accepted": at_least(offer=number, by=side, hash=digest, attestation=ATTESTATION),
    "offer.declined": at_least(offer=number),
    "offer.withdrawn": at_least(offer=number),
    "offer.expired": at_least(offer=number),
    "offer.commented": at_least(offer=number, term=text, item=null_or(whole(0))),
    "deliverable.statusChanged": at_least(deliverable=number, move=text, to=text),
    "milestone.statusChanged": at_least(milestone=number, to=text),
    "room.memberAdded": at_least(member=uuid, role=text),
    "room.roleChanged": at_least(member=uuid, role=text),
    "room.memberRemoved": at_least(member=uuid),
    "chat.messageEdited": at_least(message=number),
    "chat.messageDeleted": at_least(message=number),
    "log.erased": at_least(seqs=array(number), reason=text),
}  # fmt: skip


def salted(entry):
    return all((entry[part] is None) == (entry[part + "Salt"] is None) for part in ("deal", "personal"))


def deal_part_is_well(entry):
    check = DEAL_PARTS.get(entry["type"])
    return check is None or (entry["deal"] is not None and check(parse(entry["deal"])))


def read_line(row):
    """The kind of a line and its object, or None where it is malformed by itself."""
    try:
        line = parse(row.decode("utf-8")) if len(row) < LONGEST_LINE else refuse("too long")
        kind = next(iter(line)) if isinstance(line, dict) and len(line) == 1 else None
        return (kind, line[kind]) if kind in LINES and LINES[kind](line[kind]) else None
    except ValueError:
        return None


# --- What is hashed and signed ---


def sha256(*parts):
    return hashlib.sha256(b"".join(part if isinstance(part, bytes) else part.encode() for part in parts))


def unbase64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def commitment(part, salt):
    return hmac.new(bytes.fromhex(salt), part.encode(), "sha256").digest() if part is not None else bytes(32)


def hash_of(entry, before, room):
    """hash(n), the personal part by its commitment where it is no longer said."""
    header = {name: entry[name] for name in ("actor", "at", "id", "seq", "type", "version")}
    gone = entry["erased"] or entry["withheld"]
    personal = bytes.fromhex(gone) if gone else commitment(entry["personal"], entry["personalSalt"])
    return sha256("parley/event/1", before, jcs({**header, "stream": room}), commitment(entry["deal"], entry["dealSalt"]), personal).digest()


def signed_well(purpose, statement, keys, signature):
    """Whether the key of `keys`, {kid: bytes}, that the statement names has signed it."""
    key = keys.get(statement["keyId"])
    return key is not None and is_signed(key, (purpose + jcs(statement)).encode(), unbase64(signature))


def of(thing, *names):
    return {name: thing[name] for name in names}


# --- The deal, replayed ---

SIDES = {"owner": "brand", "manager": "brand", "creator": "creator"}
ENDED = ("completed", "declined", "withdrawn", "expired", "cancelled")


class Replay:
    """The deal as the entries so far say it. A rule answers what is wrong with its entry, or None."""

    def __init__(self, room, keys):
        self.room, self.keys, self.deal, self.roles = room, keys, None, {}

    def take(self, entry, part):
        rule = RULES.get(entry["type"])
        wrong = rule(self, part, entry) if rule else None
        if self.deal:
            self.deal["asOf"] = entry["seq"]
        return wrong

    def find(self, kind, **wanted):
        """The offers, deliverables or milestones with these members."""
        things = self.deal[kind] if self.deal else []
        return [thing for thing in things if all(thing[name] == wanted[name] for name in wanted)]

    def submitted(self, part, entry):
        if not self.deal:
            made = {"applicationId": part["applicationId"], "roomId": self.room, "asOf": entry["seq"], "state": "submitted", "version": 1}
            self.deal = {**made, "offers": [], "binding": None, "deliverables": [], "milestones": [], "comments": []}

    def application_moved(self, part, entry):
        if self.deal:
            self.deal.update(state=part["to"], version=part["version"])
        if part["to"] in ENDED:
            self.close_open("expired", entry)

    def close_open(self, state, entry):
        for offer in self.find("offers", state="proposed"):
            offer.update(state=state, closed=entry["seq"])

    def proposed(self, part, entry):
        if sha256("parley/terms/1", jcs(part["terms"])).hexdigest() != part["hash"] or part["offer"] != len(self.find("offers")) + 1:
            return "terms.differ"
        self.close_open("countered", entry)
        told = of(part, "offer", "by", "basedOn", "validUntil", "terms", "hash")
        new = {"member": entry["actor"], "state": "proposed", "reason": None, "closed": None, "acceptance": None}
        if self.deal:
            self.deal["offers"].append({**told, **of(entry, "seq", "at"), **new})

    def accepted(self, part, entry):
        open_ones = self.find("offers", offer=part["offer"], state="proposed")
        if not open_ones:
            return "acceptance.notOpen"
        offer, terms = open_ones[0], open_ones[0]["terms"]
        if offer["hash"] != part["hash"]:
            return "acceptance.otherTerms"
        if part["by"] == offer["by"] or SIDES.get(self.roles.get(entry["actor"])) != part["by"]:
            return "acceptance.noRight"
        if not self.attested(part, entry["actor"]):
            return "acceptance.badSignature"
        acceptance = {**of(entry, "seq", "at"), **of(part, "by", "attestation"), "member": entry["actor"]}
        offer.update(state="accepted", closed=entry["seq"], acceptance=acceptance)
        self.deal["binding"] = offer["offer"]
        self.deal["deliverables"] = deliverables_of(terms, self.deal["deliverables"])
        self.deal["milestones"] = milestones_of(terms, self.deal["milestones"])

    def attested(self, part, actor):
        attestation = part["attestation"]
        where = {"room": self.room, "application": self.deal["applicationId"], "member": actor}
        said = of(attestation, "kind", "session", "method", "provedAt", "at", "keyId")
        statement = {**where, **of(part, "offer", "hash", "by"), **said}
        return signed_well("parley/acceptance/1", statement, self.keys, attestation["signature"])

    def closed(self, part, entry):
        for offer in self.find("offers", offer=part["offer"]):
            offer.update(state=entry["type"].split(".")[1], closed=entry["seq"])

    def commented(self, part, entry):
        if self.find("offers", offer=part["offer"]):
            said = {**of(entry, "seq", "at"), **of(part, "offer", "term", "item")}
            self.deal["comments"].append({**said, "member": entry["actor"], "text": None})

    def deliverable_moved(self, part, entry):
        for deliverable in self.find("deliverables", deliverable=part["deliverable"]):
            deliverable.update(state=part["to"], moved=entry["seq"])
            if part["move"] == "requestRevision":
                deliverable["rounds"] += 1
            if part["move"] == "submit":
                deliverable["submitted"] = entry["seq"]

    def milestone_moved(self, part, entry):
        for milestone in self.find("milestones", milestone=part["milestone"]):
            milestone.update(state=part["to"], moved=entry["seq"])

    def role_given(self, part, _):
        self.roles[part["member"]] = part["role"]

    def role_taken(self, part, _):
        self.roles.pop(part["member"], None)


RULES = {
    "application.submitted": Replay.submitted,
    "application.statusChanged": Replay.application_moved,
    "offer.proposed": Replay.proposed,
    "offer.accepted": Replay.accepted,
    "offer.declined": Replay.closed,
    "offer.withdrawn": Replay.closed,
    "offer.expired": Replay.closed,
    "offer.commented": Replay.commented,
    "deliverable.statusChanged": Replay.deliverable_moved,
    "milestone.statusChanged": Replay.milestone_moved,
    "room.memberAdded": Replay.role_given,
    "room.roleChanged": Replay.role_given,
    "room.memberRemoved": Replay.role_taken,
}


def deliverables_of(terms, before):
    free = going_on(terms, before)
    dropped = [old for old in before if old["state"] not in ("approved", "cancelled") and old not in free]
    new = []
    for wanted in (wanted for wanted in terms["deliverables"] for _ in range(wanted["count"])):
        same = next((old for old in free if of(old, "platform", "format") == of(wanted, "platform", "format")), None)
        if same:
            free.remove(same)
            same["due"] = wanted["due"]
        else:
            blank = {"state": "due", "rounds": 0, "submitted": None, "moved": None, "links": None, "note": None}
            new.append({"deliverable": len(before) + len(new) + 1, **of(wanted, "platform", "format", "due"), **blank})
    for old in dropped:
        old["state"] = "cancelled"
    return before + new


def progress(old):
    rank = 0 if old["state"] == "approved" else 1 if old["submitted"] is not None else 2
    return rank, old["deliverable"]


def going_on(terms, before):
    wanted = {}
    for line in terms["deliverables"]:
        kind = (line["platform"], line["format"])
        wanted[kind] = wanted.get(kind, 0) + line["count"]
    chosen = []
    for old in sorted(before, key=progress):
        kind = (old["platform"], old["format"])
        if old["state"] != "cancelled" and wanted.get(kind, 0) > 0:
            wanted[kind] -= 1
            chosen.append(old)
    return sorted(chosen, key=lambda old: old["deliverable"])


def milestones_of(terms, before):
    blank = {"currency": terms["fee"]["currency"], "state": "due", "moved": None, "note": None}
    kept = {old["milestone"]: old for old in before if old["state"] != "due"}
    return [kept.get(n) or {"milestone": n, **of(paid, "amount", "due"), **blank} for n, paid in enumerate(terms["payments"], 1)]


# --- The verifier ---


class Wrong(Exception):
    """The first thing that is wrong."""

    def __init__(self, problem, line, seq=None):
        super().__init__(problem, line, seq)
        self.verdict = {"ok": False, "line": line, "seq": seq, "problem": problem}


def verify(data, pinned, seen=None):
    """The verdict on the bytes of a file, by the kids in `pinned` and, where one was kept, a checkpoint (seq, hash)."""
    try:
        return Verifier().file(data, pinned, seen)
    except Wrong as wrong:
        return wrong.verdict


class Verifier:
    def __init__(self):
        self.line, self.last, self.entries, self.parts, self.sealing = 0, None, [], {}, None

    def file(self, data, pinned, seen):
        start = sealed = 0
        while start < len(data):
            end = data.find(b"\n", start) + 1
            self.take(data[start : end - 1] if end else None)
            start, sealed = end, start
        if not self.sealing:
            raise Wrong("file.malformed", self.line + 1)
        self.check_seal(data[:sealed], pinned)
        if seen:
            self.compare(seen)
        return {"ok": True, **of(self.entries[-1], "seq", "hash")}

    def take(self, row):
        """Looks at the next line; None is one without its line feed."""
        self.line += 1
        kind, content = (row is not None and read_line(row)) or (None, None)
        if kind not in FOLLOWS[self.last]:
            raise Wrong("file.malformed", self.line)
        getattr(self, kind)(content)
        self.last = kind

    def proof(self, proof):
        for jwk in proof["keys"]:
            if sha256('{"crv":"Ed25519","kty":"OKP","x":"%s"}' % jwk["x"]).digest() != unbase64(jwk["kid"]):
                raise Wrong("key.differs", 1)
        self.room, self.keys = proof["room"], {jwk["kid"]: unbase64(jwk["x"]) for jwk in proof["keys"]}
        self.replay, self.hash = Replay(self.room, self.keys), sha256("parley/genesis/1", self.room).digest()

    def entry(self, entry):
        due = len(self.entries) + 1
        if entry["seq"] != due:
            raise Wrong("seq.notNext", self.line, due)
        self.hash = hash_of(entry, self.hash, self.room)
        if self.hash.hex() != entry["hash"] or sum(entry[name] is not None for name in ("personal", "erased", "withheld")) > 1:
            raise Wrong("hash.differs", self.line, due)
        part = json.loads(entry["deal"]) if entry["type"] in DEAL_PARTS else {}
        wrong = self.replay.take(entry, part)
        if wrong:
            raise Wrong(wrong, self.line, due)
        self.entries.append(of(entry, "seq", "hash", "type", "erased", "withheld"))
        self.parts[due] = of(part, *part.keys() & {"message", "seqs"})

    def check_missing(self):
        """Words are gone by an erasure that the log tells of later, or because their author took them back."""
        told = {}
        deleted = set()
        for entry in self.entries:
            part = self.parts[entry["seq"]]
            told.update({seq: entry["seq"] for seq in part["seqs"]} if entry["type"] == "log.erased" else {})
            deleted.update([part["message"]] if entry["type"] == "chat.messageDeleted" else [])
        for entry in self.entries:
            seq = entry["seq"]
            message = {"chat.messageSent": seq, "chat.messageEdited": self.parts[seq].get("message")}.get(entry["type"])
            if entry["erased"] and told.get(seq, 0) <= seq or entry["withheld"] and message not in deleted:
                raise Wrong("payload.missing", seq + 1, seq)

    def checkpoint(self, checkpoint):
        seq = checkpoint["seq"]
        if self.last == "checkpoint" and seq <= self.checked:
            raise Wrong("file.malformed", self.line)
        if self.last == "entry":
            self.check_missing()
        statement = of(checkpoint, "stream", "seq", "hash", "at", "keyId")
        signed = signed_well("parley/checkpoint/1", statement, self.keys, checkpoint["signature"])
        if checkpoint["stream"] != self.room or not signed:
            raise Wrong("checkpoint.badSignature", self.line, seq)
        self.compare((seq, checkpoint["hash"]))
        self.checked = seq

    def compare(self, kept):
        seq, hash = kept
        if seq > len(self.entries):
            raise Wrong("tail.cut", self.line, seq)
        if self.entries[seq - 1]["hash"] != hash:
            raise Wrong("checkpoint.differs", self.line, seq)

    def deal(self, deal):
        if self.last == "entry":
            self.check_missing()
        if jcs(deal) != jcs(self.replay.deal):
            raise Wrong("deal.differs", self.line)

    def seal(self, seal):
        self.sealing = seal

    def check_seal(self, sealed, pinned):
        seal, last = self.sealing, self.entries[-1]
        stated = of(seal, "seq", "hash", "lines", "sha256")
        if stated != {**of(last, "seq", "hash"), "lines": self.line, "sha256": sha256(sealed).hexdigest()}:
            raise Wrong("seal.differs", self.line)
        if seal["keyId"] not in pinned:
            raise Wrong("key.notPinned", self.line)
        statement = {"room": self.room, **stated, **of(seal, "at", "keyId")}
        if not signed_well("parley/proof/1", statement, self.keys, seal["signature"]):
            raise Wrong("seal.badSignature", self.line)


# --- The command ---


def load(path):
    with open(path, "rb") as file:
        return file.read()


def kept_checkpoint(said):
    if not re.fullmatch("[1-9][0-9]{0,15}:[0-9a-f]{64}", said):
        raise argparse.ArgumentTypeError("SEQ:HASH is expected")
    seq, hash = said.split(":")
    return int(seq), hash


def batch():
    for row in sys.stdin:
        asked = json.loads(row)
        data = base64.b64decode(asked["base64"]) if "base64" in asked else load(asked["path"])
        print(json.dumps(verify(data, asked["keys"])), flush=True)


def main():
    arguments = argparse.ArgumentParser(description="Checks the proof of a Parley room. docs/proof.md says what is checked.")
    arguments.add_argument("file", metavar="FILE", nargs="?")
    arguments.add_argument("--key", metavar="KID", action="append", help="a key that you trust, by its kid")
    arguments.add_argument("--seen", metavar="SEQ:HASH", type=kept_checkpoint, help="a checkpoint that you kept")
    arguments.add_argument("--batch", action="store_true", help='answer lines {"path" or "base64", "keys": [...]} from stdin')
    asked = arguments.parse_args()
    if asked.batch:
        return batch()
    if not asked.file or not asked.key:
        arguments.error("a FILE and at least one --key are needed")
    try:
        verdict = verify(load(asked.file), asked.key, asked.seen)
    except OSError as failure:
        arguments.error(str(failure))
    print(json.dumps(verdict))
    return 0 if verdict["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
