// Make clients: for MinIO, for Amazon S3, with limits, with keys from elsewhere. Nothing is sent.
import { chainCredentials, Client, envAwsCredentials, iamCredentials } from 'stowage'

const keys = { accessKey: 'YOUR-ACCESS-KEY', secretKey: 'YOUR-SECRET-KEY' }

await using minio = new Client({ endpoint: 'play.min.io', ...keys })
await using local = new Client({ endpoint: 'localhost:9000', secure: false, ...keys })
await using aws = new Client({ endpoint: 's3.amazonaws.com', region: 'eu-central-1', ...keys })

await using withToken = new Client({
  endpoint: 's3.amazonaws.com',
  ...keys,
  sessionToken: 'TOKEN-OF-TEMPORARY-KEYS',
})

// HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment are heeded. What would be another
// http_client in Python is any dispatcher of undici here: `dispatcher: new ProxyAgent('https://…')`.
await using patient = new Client({
  endpoint: 's3.example.com',
  ...keys,
  timeouts: { connect: 2000, total: 60_000 },
  retry: { maxAttempts: 5 },
})

await using withRole = new Client({
  endpoint: 's3.amazonaws.com',
  credentials: chainCredentials(envAwsCredentials(), iamCredentials()),
})

const clients = { minio, local, aws, withToken, patient, withRole }
console.log(Object.keys(clients).join(', '))
