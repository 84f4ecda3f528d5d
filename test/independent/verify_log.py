#!/usr/bin/env python3
"""Checks what Safeconduct's log hands out, without a line of Safeconduct.

Written from the specifications alone, with nothing but the standard library:

- Ed25519: RFC 8032, sections 5.1.2 to 5.1.7
- Merkle trees and inclusion proofs: RFC 6962, sections 2.1 and 2.1.1
- signed notes and verifier keys: c2sp.org/signed-note
- checkpoints: c2sp.org/tlog-checkpoint
- inclusion proofs as text: c2sp.org/tlog-proof
- cosignatures of witnesses: c2sp.org/tlog-cosignature, cosignature/v1
- hash tiles: c2sp.org/tlog-tiles
- record, question and cover leaf: docs/log.md and the heads of the files it names

Reads JSON from the file given: {"cases": [{"name", "kind", "valid", ...}]}; prints a line a case;
exits 0 when every case came out as it says, 1 otherwise.
"""

import base64
import hashlib
import json
import struct
import sys


class Invalid(Exception):
    pass


def need(holds, what):
    if not holds:
        raise Invalid(what)


def sha256(data):
    return hashlib.sha256(data).digest()


# Ed25519, RFC 8032 section 5.1: curve, points in extended coordinates, decoding, verification.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def add_points(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = add_points(result, point)
        point = add_points(point, point)
        scalar >>= 1
    return result


def equal_points(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def recover_x(y, sign):
    need(y < P, "point out of range")
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        need(sign == 0, "not a point")
        return 0
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * SQRT_M1 % P
    need((x * x - x2) % P == 0, "not a point")
    return P - x if (x & 1) != sign else x


def decode_point(data):
    y = int.from_bytes(data, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    x = recover_x(y, sign)
    return (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def check_ed25519(public, message, signature):
    need(len(public) == 32 and len(signature) == 64, "size of key or signature")
    a, r = decode_point(public), decode_point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    need(s < L, "scalar out of range")
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    k = int.from_bytes(digest, "little") % L
    need(equal_points(multiply(s, BASE), add_points(r, multiply(k, a))), "signature")


# base64 in its one spelling.


def standard(text):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Invalid("base64")
    need(base64.b64encode(data).decode() == text, "base64")
    return data


def url_safe(text):
    need("=" not in text and "+" not in text and "/" not in text, "base64url")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise Invalid("base64url")
    need(base64.urlsafe_b64encode(data).decode().rstrip("=") == text, "base64url")
    return data


# RFC 6962 section 2.1.


def leaf_hash(data):
    return sha256(b"\x00" + data)


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


def tree_hash(hashes):
    """MTH over leaf hashes."""
    if not hashes:
        return sha256(b"")
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return node_hash(tree_hash(hashes[:k]), tree_hash(hashes[k:]))


def root_of_path(index, size, leaf, path):
    """The root an audit path (section 2.1.1) leads to, by the recursion that defines it."""
    need(0 <= index < size, "index")
    if size == 1:
        need(not path, "path too long")
        return leaf
    need(path, "path too short")
    k = 1
    while k * 2 < size:
        k *= 2
    if index < k:
        return node_hash(root_of_path(index, k, leaf, path[:-1]), path[-1])
    return node_hash(path[-1], root_of_path(index - k, size - k, leaf, path[:-1]))


# Signed notes, checkpoints, cosignatures.


def read_key(vkey, kind):
    name, key_id, encoded = vkey.split("+", 2)
    data = standard(encoded)
    need(len(data) == 33 and data[0] == kind, "kind of key")
    need(sha256(name.encode() + b"\n" + data)[:4].hex() == key_id, "key id")
    return name, bytes.fromhex(key_id), data[1:]


def split_note(note):
    need(note.endswith("\n") and "\n\n" in note, "note")
    text, signatures = note.rsplit("\n\n", 1)
    lines = []
    for line in signatures[:-1].split("\n"):
        parts = line.split(" ")
        need(len(parts) == 3 and parts[0] == "\u2014", "signature line")
        data = standard(parts[2])
        need(len(data) >= 5, "signature line")
        lines.append((parts[1], data[:4], data[4:]))
    return text + "\n", lines


def open_checkpoint(note, vkey):
    """Origin, size and root of a checkpoint the key has signed."""
    name, key_id, public = read_key(vkey, 0x01)
    text, signatures = split_note(note)
    signed = 0
    for signer, signer_id, signature in signatures:
        if signer == name and signer_id == key_id:
            check_ed25519(public, text.encode(), signature)
            signed += 1
    need(signed > 0, "not signed by this key")
    lines = text.split("\n")
    need(len(lines) >= 4 and lines[0] == name, "origin")
    need(lines[1].isascii() and lines[1].isdigit(), "size")
    need(lines[1] == "0" or not lines[1].startswith("0"), "size")
    root = standard(lines[2])
    need(len(root) == 32, "root")
    return int(lines[1]), root


def check_cosignature(note, vkey):
    """Time of the cosignature of one witness."""
    name, key_id, public = read_key(vkey, 0x04)
    text, signatures = split_note(note)
    for signer, signer_id, signature in signatures:
        if signer == name and signer_id == key_id:
            need(len(signature) == 72, "cosignature")
            (time,) = struct.unpack(">Q", signature[:8])
            message = f"cosignature/v1\ntime {time}\n{text}"
            check_ed25519(public, message.encode(), signature[8:])
            return time
    raise Invalid("not cosigned by this witness")


def check_proof(data, text, vkey):
    """tlog-proof: size, index and checkpoint under which the leaf data is in the tree."""
    need("\n\n" in text, "proof")
    head, checkpoint = text.split("\n\n", 1)
    lines = head.split("\n")
    need(lines[0] == "c2sp.org/tlog-proof@v1", "proof header")
    lines = lines[1:]
    if lines and lines[0].startswith("extra "):
        standard(lines.pop(0)[6:])
    need(lines and lines[0].startswith("index "), "proof index")
    digits = lines[0][6:]
    need(digits.isascii() and digits.isdigit(), "proof index")
    need(digits == "0" or not digits.startswith("0"), "proof index")
    path = [standard(line) for line in lines[1:]]
    need(all(len(entry) == 32 for entry in path), "proof hash")
    size, root = open_checkpoint(checkpoint, vkey)
    index = int(digits)
    need(root_of_path(index, size, leaf_hash(data), path) == root, "inclusion")
    return index, size, checkpoint


# What is Safeconduct's own: docs/log.md.


def parts(label, *rest):
    encoded = b""
    for part in (label.encode(), *rest):
        encoded += struct.pack(">I", len(part)) + part
    return encoded


def canonical(value):
    # RFC 8785 for objects of ASCII member names, text, whole numbers and null.
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def check_receipt(case):
    record = url_safe(case["record"])
    index, size, note = check_proof(record, case["proof"], case["logKey"])
    members = json.loads(record)
    need(canonical(members) == record, "record is not canonical")
    for name, value in case["answer"].items():
        need(members[name] == value, name)
    if "person" in case:
        salt = url_safe(case["salt"])
        question = sha256(parts("safeconduct/question/v1", salt, canonical(case["person"])))
        need(url_safe(members["question"]) == question, "question")
    if case.get("cover") is None:
        return
    cover = case["cover"]
    leaf = url_safe(cover["leaf"])
    need(len(leaf) == 1024 and leaf[0] == 1, "slot leaf")
    round_number, slot = struct.unpack(">QH", leaf[1:11])
    need(slot == case["slot"], "slot")
    covered_size, covered_root = open_checkpoint(leaf[43:].decode(), case["logKey"])
    need((covered_size, covered_root) == open_checkpoint(note, case["logKey"]), "covered checkpoint")
    path = [url_safe(entry) for entry in cover["slotPath"]]
    need(len(path) == 6, "slot path")
    round_root = root_of_path(slot, 64, leaf_hash(leaf), path)
    at, _, cover_note = check_proof(round_root, cover["proof"], case["coverKey"])
    need(at == round_number, "round")
    check_cosignature(cover_note, case["witnessKey"])


def check_export(case):
    lines = [json.loads(line) for line in case["lines"]]
    head, records, end = lines[0], lines[1:-1], lines[-1]
    size, root = open_checkpoint(end["checkpoint"], case["logKey"])
    need(head["size"] == size and end["count"] == len(records), "counts")
    leaves = [leaf_hash(url_safe(entry["record"])) for entry in records]
    if head["proofs"] == "range":
        need(head["from"] == 0 and head["to"] == size, "a whole tree")
        need([entry["index"] for entry in records] == list(range(size)), "indexes")
        need(tree_hash(leaves) == root, "root")
        return
    for entry, leaf in zip(records, leaves):
        path = [standard(text) for text in entry["proof"]]
        need(root_of_path(entry["index"], size, leaf, path) == root, "inclusion")


def check_tiles(case):
    """Level 0 holds the leaf hashes, level 1 the roots of 256 of them."""
    leaves = [leaf_hash(url_safe(record)) for record in case["records"]]
    for tile in case["tiles"]:
        level, number, data = tile["level"], tile["index"], url_safe(tile["data"])
        width = 256**level
        hashes = [data[at : at + 32] for at in range(0, len(data), 32)]
        need(len(hashes) == tile["width"], "width of tile")
        for place, found in enumerate(hashes):
            first = (number * 256 + place) * width
            need(first + width <= len(leaves), "tile beyond the tree")
            need(tree_hash(leaves[first : first + width]) == found, "hash of tile")


KINDS = {"receipt": check_receipt, "export": check_export, "tiles": check_tiles}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = json.load(file)["cases"]
    wrong = 0
    for case in cases:
        try:
            KINDS[case["kind"]](case)
            outcome = "valid"
        except (Invalid, ValueError, KeyError, IndexError, UnicodeError, struct.error) as error:
            outcome = f"not valid: {error}"
        expected = outcome == "valid" if case["valid"] else outcome != "valid"
        wrong += not expected
        print(f"{'ok' if expected else 'WRONG'} {case['name']}: {outcome}")
    print(f"{len(cases)} cases, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
