"""The same webhook in Python, for comparison: verify, read the channel and open its secret (remembered for half a
minute), parse, put one message on the queue, answer 200. Below it the loop that asks the Lambda runtime for work."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import time
import uuid

import boto3
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CACHE_SECONDS = 30
NONCE_BYTES = 12

TABLE_NAME = os.environ["TABLE_NAME"]
SECRETS_KEY_ID = os.environ["SECRETS_KEY_ID"]
EVENT_QUEUE_URL = os.environ["EVENT_QUEUE_URL"]
dynamodb = boto3.client("dynamodb")
kms = boto3.client("kms")
sqs = boto3.client("sqs")
channels = {}


def opened(context, sealed):
    """The sealed text is the length of the sealed key, the sealed key, and nonce, text and tag sealed by that key."""
    data = base64.b64decode(sealed)
    key_end = 2 + int.from_bytes(data[:2], "big")
    answer = kms.decrypt(
        KeyId=SECRETS_KEY_ID, CiphertextBlob=data[2:key_end], EncryptionContext={"context": context}
    )
    nonce, text = data[key_end : key_end + NONCE_BYTES], data[key_end + NONCE_BYTES :]
    return json.loads(AESGCM(answer["Plaintext"]).decrypt(nonce, text, context.encode()))


def channel(channel_id):
    known = channels.get(channel_id)
    if known and time.monotonic() - known["read"] < CACHE_SECONDS:
        return known
    key = {"pk": {"S": f"CHANNEL#{channel_id}"}, "sk": {"S": "CHANNEL"}}
    item = dynamodb.get_item(TableName=TABLE_NAME, Key=key, ConsistentRead=True).get("Item")
    if item is None:
        return None
    stored = json.loads(item["d"]["S"])
    credentials = opened(channel_id, stored["credentials"])
    channels[channel_id] = {"read": time.monotonic(), "stored": stored, "credentials": credentials}
    return channels[channel_id]


def verified(headers, body, secret):
    given = headers.get("x-hub-signature-256", "").removeprefix("sha256=")
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(given, expected)


def events(body, stored):
    for entry in json.loads(body).get("entry", []):
        for change in entry.get("changes", []):
            value = change.get("value", {})
            number = value.get("metadata", {}).get("phone_number_id")
            if change.get("field") != "messages" or number != stored["settings"]["phone_number_id"]:
                continue
            names = {c.get("wa_id"): c.get("profile", {}).get("name") for c in value.get("contacts", [])}
            for message in value.get("messages", []):
                kind = message["type"]
                yield {
                    "type": "message_received",
                    "provider_id": message["id"],
                    "time": int(message["timestamp"]) * 1000,
                    "from": {"phone": message["from"], "name": names.get(message["from"])},
                    "content": {"type": kind, kind: message.get(kind)},
                }


def handle(event):
    channel_id = event["rawPath"].rsplit("/", 1)[-1]
    found = channel(channel_id)
    if found is None:
        return {"statusCode": 404}
    body = event.get("body", "")
    body = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    if not verified(event["headers"], body, found["credentials"]["app_secret"]):
        return {"statusCode": 401}
    for what in events(body, found["stored"]):
        group = hashlib.sha256((channel_id + what["from"]["phone"]).encode()).hexdigest()
        sqs.send_message(
            QueueUrl=EVENT_QUEUE_URL,
            MessageBody=json.dumps({"channel": channel_id, "received": int(time.time() * 1000), "what": what}),
            MessageGroupId=group,
            MessageDeduplicationId=uuid.uuid4().hex,
        )
    return {"statusCode": 200}


def work():
    runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        runtime.request("GET", "/2018-06-01/runtime/invocation/next")
        answer = runtime.getresponse()
        event, invocation = json.loads(answer.read()), answer.headers["lambda-runtime-aws-request-id"]
        try:
            path, body = "response", handle(event)
        except Exception as error:
            path, body = "error", {"errorType": type(error).__name__, "errorMessage": str(error)}
        runtime.request("POST", f"/2018-06-01/runtime/invocation/{invocation}/{path}", json.dumps(body))
        runtime.getresponse().read()


work()
