// Ask for some rows of a CSV file instead of for all of it.
import { openBucket } from './support/bucket.ts'

await using example = await openBucket('select')
const { client, bucket } = example
await client.putObject(bucket, 'people.csv', 'name,age\nAda,36\nGrace,85\nAlan,41\n')

const result = await client.selectObjectContent(bucket, 'people.csv', {
  expression: 'SELECT s.name FROM S3Object s WHERE CAST(s.age AS INT) > 40',
  input: { csv: { fileHeaderInfo: 'USE' } },
  output: { json: {} },
})

for await (const record of result.records()) console.log(record)
console.log(`${result.stats?.bytesScanned} bytes were scanned`)
