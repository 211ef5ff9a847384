"""Verifies a bundle with securesystemslib and in-toto-attestation.

    verify_with_python.py ARCHIVE ENVELOPE THRESHOLD KEY.pub.pem...

Exit code 0: accepted; 1: rejected; anything else: could not be asked.
It does not check expiry, rollback, paths or coverage.
"""

import hashlib
import json
import sys

import in_toto_attestation.v1.statement_pb2 as statement_pb2
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from google.protobuf import json_format
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey


def read_key(path):
    with open(path, "rb") as file:
        public = load_pem_public_key(file.read())
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SSlibKey.from_crypto(public, keyid=hashlib.sha256(der).hexdigest())


def main(archive, envelope, threshold, *keys):
    keys = [read_key(path) for path in keys]
    with open(envelope, "rb") as file:
        try:
            envelope = Envelope.from_dict(json.load(file))
        except ValueError as error:
            return f"no envelope: {error}"
    try:
        envelope.verify(keys, threshold=int(threshold))
    except VerificationError as error:
        return f"not signed: {error}"

    proto = json_format.Parse(envelope.payload, statement_pb2.Statement())
    statement = Statement.copy_from_pb(proto)
    statement.validate()
    if statement.pb.predicate_type != "urn:prompt-bundle:attestation:v1":
        return "another predicate"
    (subject,) = statement.pb.subject
    with open(archive, "rb") as file:
        if hashlib.sha256(file.read()).hexdigest() != subject.digest["sha256"]:
            return "another archive"
    print(f"{subject.name}: accepted")
    return None


if __name__ == "__main__":
    reason = main(*sys.argv[1:])
    if reason:
        print(reason, file=sys.stderr)
        sys.exit(1)
