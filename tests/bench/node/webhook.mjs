// The same webhook in Node.js, for comparison: verify, read the channel and open its secret (remembered for half a
// minute), parse, put one message on the queue, answer 200. Below it the loop that asks the Lambda runtime for work.

import { createDecipheriv, createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { Agent, request } from 'node:http';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DecryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

const CACHE_MS = 30_000;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const { TABLE_NAME, SECRETS_KEY_ID, EVENT_QUEUE_URL, AWS_LAMBDA_RUNTIME_API } = process.env;
const dynamodb = new DynamoDBClient({});
const kms = new KMSClient({});
const sqs = new SQSClient({});
const channels = new Map();

// The sealed text is the length of the sealed key, the sealed key, and nonce, text and tag sealed by that key.
async function open(context, sealed) {
  const bytes = Buffer.from(sealed, 'base64');
  const keyEnd = 2 + bytes.readUInt16BE(0);
  const { Plaintext } = await kms.send(new DecryptCommand({
    KeyId: SECRETS_KEY_ID,
    CiphertextBlob: bytes.subarray(2, keyEnd),
    EncryptionContext: { context },
  }));
  const text = bytes.subarray(keyEnd);
  const decipher = createDecipheriv('aes-256-gcm', Plaintext, text.subarray(0, NONCE_BYTES));
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(text.subarray(-TAG_BYTES));
  const plain = decipher.update(text.subarray(NONCE_BYTES, -TAG_BYTES));
  return JSON.parse(Buffer.concat([plain, decipher.final()]));
}

async function channel(id) {
  const known = channels.get(id);
  if (known && Date.now() - known.read < CACHE_MS) return known;
  const { Item } = await dynamodb.send(new GetItemCommand({
    TableName: TABLE_NAME,
    Key: { pk: { S: `CHANNEL#${id}` }, sk: { S: 'CHANNEL' } },
    ConsistentRead: true,
  }));
  if (!Item) return undefined;
  const stored = JSON.parse(Item.d.S);
  const found = { read: Date.now(), stored, credentials: await open(id, stored.credentials) };
  channels.set(id, found);
  return found;
}

function verified(headers, body, secret) {
  const given = Buffer.from((headers['x-hub-signature-256'] ?? '').replace('sha256=', ''), 'hex');
  const expected = createHmac('sha256', secret).update(body).digest();
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function events(body, { stored }) {
  const found = [];
  for (const entry of JSON.parse(body).entry ?? []) {
    for (const { field, value } of entry.changes ?? []) {
      if (field !== 'messages' || value.metadata?.phone_number_id !== stored.settings.phone_number_id) continue;
      for (const message of value.messages ?? []) {
        const contact = value.contacts?.find(({ wa_id }) => wa_id === message.from);
        found.push({
          type: 'message_received',
          provider_id: message.id,
          time: Number(message.timestamp) * 1000,
          from: { phone: message.from, name: contact?.profile?.name },
          content: { type: message.type, [message.type]: message[message.type] },
        });
      }
    }
  }
  return found;
}

async function handle(event) {
  const id = event.rawPath.split('/').at(-1);
  const found = await channel(id);
  if (!found) return { statusCode: 404 };
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (!verified(event.headers, body, found.credentials.app_secret)) return { statusCode: 401 };
  for (const what of events(body, found)) {
    await sqs.send(new SendMessageCommand({
      QueueUrl: EVENT_QUEUE_URL,
      MessageBody: JSON.stringify({ channel: id, received: Date.now(), what }),
      MessageGroupId: createHash('sha256').update(id).update(what.from.phone).digest('hex'),
      MessageDeduplicationId: randomUUID(),
    }));
  }
  return { statusCode: 200 };
}

const agent = new Agent({ keepAlive: true });
const [host, port] = AWS_LAMBDA_RUNTIME_API.split(':');

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const asked = request({ agent, host, port, method, path: `/2018-06-01/runtime/invocation/${path}` }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve({ headers: answer.headers, body: Buffer.concat(parts) }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

async function work() {
  for (;;) {
    const { headers, body } = await call('GET', 'next');
    const id = headers['lambda-runtime-aws-request-id'];
    try {
      await call('POST', `${id}/response`, JSON.stringify(await handle(JSON.parse(body))));
    } catch (error) {
      await call('POST', `${id}/error`, JSON.stringify({ errorType: error.name, errorMessage: error.message }));
    }
  }
}

work();
