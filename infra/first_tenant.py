#!/usr/bin/env python3
"""Makes the first tenant of a deployment and its first API key, which may do everything: there is no key to call the
API with before. Needs the AWS command line with rights to write to the table.

    infra/first_tenant.py --table gateway-Table-ABC --name "Acme"

The key is printed once; the table keeps its SHA-256 only. With --print nothing is written: the items are printed as
JSON lines instead, the key in front.
"""
import argparse
import base64
import hashlib
import json
import secrets
import subprocess
from datetime import datetime, timezone


def item(pk, sk, document, index=None):
    """An item in DynamoDB's form: its keys and its type as JSON."""
    texts = {"pk": pk, "sk": sk, "d": json.dumps(document)}
    if index:
        texts["gpk"], texts["gsk"] = index
    return {name: {"S": text} for name, text in texts.items()}


def first_tenant(name):
    """The key, and the items of the tenant and of the key."""
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    tenant, key_id = "TNT" + secrets.token_hex(16), "KEY" + secrets.token_hex(16)
    key = "k_" + base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
    digest = hashlib.sha256(key.encode()).hexdigest()
    api_key = {"id": key_id, "tenant": tenant, "name": "first", "roles": ["global_admin"], "hash": digest, "created": now}
    return key, [
        item(f"TENANT#{tenant}", "TENANT", {"id": tenant, "name": name, "created": now}),
        item(f"KEY#{digest}", "KEY", api_key, (f"TENANT#{tenant}", f"KEY#{key_id}")),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", help="name of the table: the output TableName of the stack")
    parser.add_argument("--name", required=True, help="name of the tenant")
    parser.add_argument("--print", action="store_true", dest="only_print", help="write nothing")
    given = parser.parse_args()
    key, items = first_tenant(given.name)
    if given.only_print:
        print("\n".join([key, *map(json.dumps, items)]))
        return
    if not given.table:
        parser.error("--table is needed")
    writes = [{"Put": {"TableName": given.table, "Item": one}} for one in items]
    command = ["aws", "dynamodb", "transact-write-items", "--transact-items", json.dumps(writes)]
    subprocess.run(command, check=True)
    print(f"API key, shown once: {key}")


if __name__ == "__main__":
    main()
