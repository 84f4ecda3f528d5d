import { wordLists } from '../../../core/fingerprint-words.js';

/** Python 3.9 or later with its standard library; `openssl` signs, for the library cannot. */
export const pythonExample = String.raw`#!/usr/bin/env python3
"""Asks every question of ../questions.jsonl under the test grant, and compares the answers.

Python 3.9 or later, its standard library, and the openssl command:  python3 ask.py
"""
import base64, http.client, json, pathlib, ssl, subprocess, sys, time, urllib.parse, uuid

bundle = pathlib.Path(__file__).resolve().parent.parent
profile = json.loads((bundle / "PROFILE.json").read_text("utf-8"))
url = urllib.parse.urlsplit(profile["url"])


def lines(name):
    text = (bundle / name).read_text("utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


# 1. Mutual TLS: the gateway answers nobody without a certificate it has registered.
context = ssl.create_default_context(cafile=str(bundle / profile["caFile"]))
context.minimum_version = ssl.TLSVersion.TLSv1_3
for name in ("certificateFile", "keyFile"):
    if not (bundle / profile[name]).exists():
        sys.exit(profile[name] + " is not there; see README.md, steps 2 to 4")
context.load_cert_chain(str(bundle / profile["certificateFile"]), str(bundle / profile["keyFile"]))
connection = http.client.HTTPSConnection(url.hostname, url.port or 443, context=context, timeout=60)


def post(path, content_type, body, headers={}):
    try:
        connection.request("POST", path, body, {"content-type": content_type, **headers})
        response = connection.getresponse()
    except OSError as error:
        sys.exit(f"no answer: {error}; see README.md, \"401, or no answer at all\"")
    return response.status, json.loads(response.read().decode("utf-8") or "null")


# 2. A client assertion (RFC 7523), signed ES256 by openssl with the key of signing-key.pem.
def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signature_of(data):
    """R and S of 32 bytes each (RFC 7518 section 3.4), out of the DER openssl writes."""
    der = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", str(bundle / "signing-key.pem")],
        input=data, stdout=subprocess.PIPE, check=True).stdout
    r_end = 4 + der[3]
    parts = der[4:r_end], der[r_end + 2:]
    return b"".join(part.lstrip(b"\0").rjust(32, b"\0") for part in parts)


def client_assertion():
    now = int(time.time())
    kid = json.loads((bundle / "jwks.json").read_text("utf-8"))["keys"][0]["kid"]
    claims = {"iss": profile["clientId"], "sub": profile["clientId"], "aud": profile["url"],
              "jti": str(uuid.uuid4()), "iat": now, "exp": now + 60}
    text = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": "ES256", "kid": kid}, claims))
    return text + "." + base64url(signature_of(text.encode()))


# 3. An access token: client_credentials with private_key_jwt. Good for five minutes.
status, answer = post("/oauth2/token", "application/x-www-form-urlencoded", urllib.parse.urlencode({
    "grant_type": "client_credentials",
    "client_id": profile["clientId"],
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "client_assertion": client_assertion(),
}))
if status != 200:
    sys.exit(f"no token: {status} {answer}; see README.md, \"401\"")
token = answer["access_token"]


def graphql(query, variables={}):
    """One operation with one root field. Errors are refusals: see errors.md."""
    status, answer = post("/graphql", "application/json",
                          json.dumps({"query": query, "variables": variables}),
                          {"authorization": "Bearer " + token})
    if status == 401:
        sys.exit("401; see README.md, \"401\"")
    for error in answer.get("errors", []):
        sys.exit(error["extensions"]["code"] + ": " + error["message"])
    return next(iter(answer["data"].values()))


# 4. Accept the test grant, once; real grants are accepted the same way.
access = graphql("{ access { grants { id version digest state test } } }")
grant = next((one for one in access["grants"] if one["id"] == profile["grantId"]), None)
if grant is None:
    sys.exit("the grant of PROFILE.json is not yours or was renewed")
if grant["state"] == "APPROVED":
    graphql("mutation Accept($input: AcceptGrantInput!) { acceptGrant(input: $input) { grant { state } } }",
            {"input": {"grantId": grant["id"], "version": grant["version"], "digest": grant["digest"]}})

# 5. Ask.
fields = " ".join(name + " { level present agreement value }" for name in profile["fields"])
document = ("mutation Verify($input: VerifyIdentityInput!) { verifyIdentity(input: $input) {"
            " outcome evidence { element agreement } subject { reference " + fields + " } } }")
expected = {one["id"]: one for one in lines("expected-answers.jsonl")}
different = 0
for question in lines("questions.jsonl"):
    identity = question.pop("id")
    verification = graphql(document, {"input": {
        "requestId": "py-" + identity + "-" + str(uuid.uuid4()), "grantId": profile["grantId"],
        "purpose": "BORDER_VERIFICATION", "caseReference": "TEST", "person": question}})
    if verification["subject"] is not None:
        del verification["subject"]["reference"]  # your own name for the person
    same = {"id": identity, **verification} == expected[identity]
    different += not same
    print("as expected" if same else "DIFFERENT  ", identity, verification["outcome"])
sys.exit(1 if different else 0)
`;

/** The same token with a well-kept library; the rest is as in the other example. */
export const pythonAuthlibExample = String.raw`#!/usr/bin/env python3
"""A token and one question with Authlib and Requests.

  python3 -m venv venv && venv/bin/pip install "Authlib>=1.8,<2" "requests>=2.32,<3"
  venv/bin/python ask_authlib.py
"""
import json, pathlib, time, uuid

from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc.jwk import ECKey  # comes with Authlib

bundle = pathlib.Path(__file__).resolve().parent.parent
profile = json.loads((bundle / "PROFILE.json").read_text("utf-8"))
signing_key = json.loads((bundle / profile["signingKeyFile"]).read_text("utf-8"))


class ClientAssertion(PrivateKeyJWT):
    """Fresh for every token: good for a minute (Authlib would say an hour), its jti used once."""

    def sign(self, auth, token_endpoint):
        self.claims = {"exp": int(time.time()) + 60, "jti": str(uuid.uuid4())}
        return super().sign(auth, token_endpoint)


session = OAuth2Session(
    profile["clientId"],
    ECKey.import_key(signing_key),
    # "aud" is the issuer, not the address of the token endpoint (FAPI 2.0).
    token_endpoint_auth_method=ClientAssertion(
        profile["url"], alg="ES256", headers={"kid": signing_key["kid"]}),
    # With these two it asks for another token by itself when one has ended.
    token_endpoint=profile["url"] + "/oauth2/token",
    grant_type="client_credentials",
)
# Otherwise REQUESTS_CA_BUNDLE or a proxy of the environment would come before what stands here.
session.trust_env = False
session.verify = str(bundle / profile["caFile"])
session.cert = (str(bundle / profile["certificateFile"]), str(bundle / profile["keyFile"]))
session.fetch_token()

question = json.loads((bundle / "questions.jsonl").read_text("utf-8").splitlines()[0])
question.pop("id")
answer = session.post(profile["url"] + "/graphql", json={
    "query": "mutation Verify($input: VerifyIdentityInput!) { verifyIdentity(input: $input)"
             " { outcome handling relyUntil } }",
    "variables": {"input": {"requestId": "authlib-" + str(uuid.uuid4()), "grantId": profile["grantId"],
                            "purpose": "BORDER_VERIFICATION", "caseReference": "TEST",
                            "person": question}}})
answer.raise_for_status()
print(json.dumps(answer.json(), indent=2))
`;

export const pythonMakeSigningKey = String.raw`#!/usr/bin/env python3
"""Makes the key that signs client assertions, with openssl: signing-key.pem and signing-key.jwk
(private, stay here) and jwks.json (public, for the host), in the bundle.

Python 3.9 or later:  python3 make_signing_key.py
"""
import base64, datetime, json, os, pathlib, subprocess

bundle = pathlib.Path(__file__).resolve().parent.parent
client = json.loads((bundle / "PROFILE.json").read_text("utf-8"))["clientId"]
kid = client + "-" + datetime.date.today().isoformat()


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], stdout=subprocess.PIPE, check=True).stdout


def number(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


os.umask(0o077)
pem = bundle / "signing-key.pem"
if pem.exists():
    raise SystemExit("there is a signing-key.pem already")
openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(pem))
point = openssl("pkey", "-in", str(pem), "-pubout", "-outform", "DER")[-64:]
# RFC 5915: the private key stands in an OCTET STRING of 32 bytes after version 1.
private = openssl("pkey", "-in", str(pem), "-outform", "DER")
private = private[private.index(b"\x02\x01\x01\x04\x20") + 5:][:32]
jwk = {"kty": "EC", "crv": "P-256", "x": number(point[:32]), "y": number(point[32:]), "kid": kid}
(bundle / "signing-key.jwk").write_text(json.dumps({**jwk, "d": number(private)}, indent=2) + "\n")
(bundle / "jwks.json").write_text(json.dumps({"keys": [jwk]}, indent=2) + "\n")
`;

/** Words of certificates and keys, for those without the command. */
export function pythonWords(): string {
  const [even, odd] = wordLists().map((list) => wrap(list.join(' ')));
  return String.raw`#!/usr/bin/env python3
"""Fingerprints of certificates (PEM) and of keys (JWK, JWK Set) in words, to be read out by telephone.

  python3 words.py ../ca.pem ../partner.crt.pem ../jwks.json

The words are those of the PGP word list; bytes at even places have two syllables, at odd places three.
"""
import base64, hashlib, json, re, sys

EVEN = """
${even}
""".split()
ODD = """
${odd}
""".split()


def show(what, digest):
    words = [(ODD if at % 2 else EVEN)[byte] for at, byte in enumerate(digest)]
    print(what, digest.hex(), sep="\n  SHA-256 ")
    for at in range(0, len(words), 8):
        print(" ", *words[at:at + 8])


MEMBERS = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}
for name in sys.argv[1:]:
    text = open(name, encoding="utf-8").read()
    found = re.findall("-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----", text)
    for block in found:
        show(name, hashlib.sha256(base64.b64decode(block)).digest())
    if not found:
        value = json.loads(text)
        for key in value.get("keys", [value]):
            members = {member: key[member] for member in MEMBERS[key["kty"]]}
            canonical = json.dumps(members, separators=(",", ":"), sort_keys=True)
            show(name + " key " + key.get("kid", ""), hashlib.sha256(canonical.encode()).digest())
`;
}

const wrap = (text: string): string => text.replace(/(.{1,95})(?: |$)/g, '$1\n').trimEnd();
