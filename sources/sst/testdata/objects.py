"""Writes objects.json: what SST keeps, made without any code of aside's.

pip install cryptography; python3 objects.py > objects.json
"""

import base64
import gzip
import json

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY = bytes(range(32))
SECRETS = {
    "StripeKey": "sk_test_<&>\u2028",
    "Empty": "",
    "Text": 'é\n"quoted"\t\\ $HOME 🔑\x7f\x01',
}


def go_json(secrets):
    """Encodes as Go's encoding/json does: sorted, no blanks, HTML escaped."""
    text = json.dumps(secrets, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, "\\u%04x" % ord(char))
    return text.encode()


def seal(key, nonce, secrets):
    return nonce + AESGCM(key).encrypt(nonce, go_json(secrets), None)


def case(name, nonce, zipped=False, key=KEY):
    body = seal(key, nonce, SECRETS)
    return {
        "name": name,
        "passphrase": base64.b64encode(key).decode(),
        "zipped": zipped,
        "body": base64.b64encode(gzip.compress(body, mtime=0) if zipped else body).decode(),
        "secrets": SECRETS,
    }


NONCE = bytes(range(100, 112))
print(json.dumps([
    case("raw", NONCE),
    case("gzip", NONCE, zipped=True),
    case("raw, nonce begins as gzip", b"\x1f\x8b" + NONCE[2:]),
    case("raw, nonce is a whole gzip header", b"\x1f\x8b\x08\x00" + bytes(6) + b"\x01\x00"),
    case("gzip, nonce begins as gzip", b"\x1f\x8b" + NONCE[2:], zipped=True),
    case("key of 16 bytes", NONCE, key=KEY[:16]),
], indent=1))
