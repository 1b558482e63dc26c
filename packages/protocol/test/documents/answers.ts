/**
 * Answers as the stores write them: AWS from its API reference, MinIO and Ceph from the formats
 * that they document. Names and values are ours.
 */
const declaration = '<?xml version="1.0" encoding="UTF-8"?>'
const namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'

export const awsListBuckets: string = `${declaration}
<ListAllMyBucketsResult ${namespace}><Owner><ID>79a59df900b949e5</ID></Owner><Buckets><Bucket><Name>123</Name><CreationDate>2019-12-11T23:32:47+00:00</CreationDate><BucketRegion>eu-west-1</BucketRegion></Bucket><Bucket><Name>true</Name><CreationDate>2019-11-10T23:32:13.000Z</CreationDate></Bucket></Buckets><Prefix/><ContinuationToken>a+b/c==</ContinuationToken></ListAllMyBucketsResult>`

export const cephListBuckets: string = `${declaration}<ListAllMyBucketsResult ${namespace}><Owner><ID>testid</ID><DisplayName>M. Tester</DisplayName></Owner><Buckets><Bucket><Name>one</Name><CreationDate>2024-02-29T01:02:03.456Z</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>`

export const awsListObjectsV2: string = `${declaration}
<ListBucketResult ${namespace}><Name>bucket</Name><Prefix>photos/</Prefix><NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken><KeyCount>3</KeyCount><MaxKeys>3</MaxKeys><Delimiter>/</Delimiter><IsTruncated>true</IsTruncated><Contents><Key>photos/</Key><LastModified>2024-02-29T10:00:00.000Z</LastModified><ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>0</Size><StorageClass>STANDARD</StorageClass></Contents><Contents><Key> photos/&#x1;&amp;😀 </Key><LastModified>2024-02-29T10:00:01.000Z</LastModified><ETag>&quot;9b2cf535f27731c974343645a3985328-2&quot;</ETag><Size>5497558138880</Size><Owner><ID>75aa57f09aa0c8ca</ID></Owner><RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate>2030-01-01T00:00:00.000Z</RestoreExpiryDate></RestoreStatus><StorageClass>GLACIER</StorageClass></Contents><CommonPrefixes><Prefix>photos/2024/</Prefix></CommonPrefixes></ListBucketResult>`

export const minioListObjectsV2: string = `${declaration}
<ListBucketResult ${namespace}><Name>bucket</Name><Prefix></Prefix><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><Delimiter></Delimiter><IsTruncated>false</IsTruncated><Contents><Key>a%2Bb+c</Key><LastModified>2024-02-29T10:00:00.123Z</LastModified><ETag>&#34;d41d8cd98f00b204e9800998ecf8427e&#34;</ETag><Size>11</Size><Owner><ID>02d6176db174dc93</ID><DisplayName>minio</DisplayName></Owner><StorageClass>STANDARD</StorageClass><UserMetadata><content-type>text/plain</content-type><X-Amz-Meta-Colour>blue &amp; green</X-Amz-Meta-Colour><__proto__>x</__proto__></UserMetadata><UserTags>a=1&amp;b=2</UserTags><Internal><K>4</K><M>2</M></Internal></Contents><CommonPrefixes><Prefix>dir%2F</Prefix></CommonPrefixes><EncodingType>url</EncodingType></ListBucketResult>`

export const cephListObjects: string = `${declaration}<ListBucketResult ${namespace}><Name>bucket</Name><Prefix></Prefix><MaxKeys>2</MaxKeys><Delimiter>/</Delimiter><IsTruncated>true</IsTruncated><Marker></Marker><NextMarker>b/</NextMarker><CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes><Contents><Key>aa</Key><LastModified>2024-02-29T10:00:00Z</LastModified><ETag>"d41d8cd98f00b204e9800998ecf8427e"</ETag><Size>0</Size><StorageClass>STANDARD</StorageClass><Owner><ID>testid</ID><DisplayName>M. Tester</DisplayName></Owner><Type>Normal</Type></Contents><CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes></ListBucketResult>`

export const awsListVersions: string = `${declaration}

<ListVersionsResult ${namespace}>
  <Name>bucket</Name>
  <Prefix>my</Prefix>
  <KeyMarker/>
  <VersionIdMarker/>
  <NextKeyMarker>my-second</NextKeyMarker>
  <NextVersionIdMarker>00012</NextVersionIdMarker>
  <MaxKeys>4</MaxKeys>
  <IsTruncated>true</IsTruncated>
  <Version>
    <Key>my-image.jpg</Key>
    <VersionId>3/L4kqtJl40Nr8X8gdRQBpUMLUo</VersionId>
    <IsLatest>false</IsLatest>
    <LastModified>2009-10-12T17:50:30.000Z</LastModified>
    <ETag>"fba9dede5f27731c9771645a39863328"</ETag>
    <Size>434234</Size>
    <StorageClass>STANDARD</StorageClass>
    <Owner><ID>75aa57f09aa0c8ca</ID><DisplayName>owner</DisplayName></Owner>
  </Version>
  <DeleteMarker>
    <Key>my-second</Key>
    <VersionId>00012</VersionId>
    <IsLatest>true</IsLatest>
    <LastModified>2009-11-12T17:50:30.000Z</LastModified>
    <Owner><ID>75aa57f09aa0c8ca</ID></Owner>
  </DeleteMarker>
  <Version>
    <Key>my-second</Key>
    <VersionId>null</VersionId>
    <IsLatest>false</IsLatest>
    <LastModified>2009-10-10T17:50:30.000Z</LastModified>
    <ETag>"9b2cf535f27731c974343645a3985328"</ETag>
    <Size>166434</Size>
    <StorageClass>STANDARD</StorageClass>
  </Version>
  <CommonPrefixes><Prefix>my/</Prefix></CommonPrefixes>
</ListVersionsResult>
`

export const awsListUploads: string = `${declaration}<ListMultipartUploadsResult ${namespace}><Bucket>bucket</Bucket><KeyMarker/><UploadIdMarker/><NextKeyMarker>my-movie.m2ts</NextKeyMarker><NextUploadIdMarker>YW55IGlkZWEgd2h5</NextUploadIdMarker><Delimiter>/</Delimiter><Prefix/><MaxUploads>3</MaxUploads><IsTruncated>True</IsTruncated><Upload><Key>my-movie.m2ts</Key><UploadId>XMgbGlrZSBlbHZpbmcncyBub3Q</UploadId><Initiator><ID>arn:aws:iam::111122223333:user/some-user</ID><DisplayName>umat-user</DisplayName></Initiator><Owner/><StorageClass>STANDARD</StorageClass><Initiated>2010-11-10T20:48:33.000Z</Initiated><ChecksumAlgorithm>CRC32</ChecksumAlgorithm></Upload><CommonPrefixes><Prefix>photos/</Prefix></CommonPrefixes></ListMultipartUploadsResult>`

export const awsListParts: string = `${declaration}<ListPartsResult ${namespace}><Bucket>bucket</Bucket><Key>key</Key><UploadId>XXBsb2FkIElE</UploadId><Owner><ID>75aa57f09aa0c8ca</ID></Owner><StorageClass>STANDARD</StorageClass><PartNumberMarker>1</PartNumberMarker><NextPartNumberMarker>3</NextPartNumberMarker><MaxParts>2</MaxParts><IsTruncated>TRUE</IsTruncated><Part><PartNumber>2</PartNumber><LastModified>2010-11-10T20:48:34.000Z</LastModified><ETag>"7778aef83f66abc1fa1e8477f296d394"</ETag><ChecksumCRC32>KtQF9Q==</ChecksumCRC32><Size>10485760</Size></Part><Part><PartNumber>3</PartNumber><ETag>W/"aaaa18db4cc2f85cedef654fccc4a4x8"</ETag><Size>10485760</Size></Part></ListPartsResult>`

export const prefixedComplete: string = `  \n${declaration}\n<ns0:CompleteMultipartUploadResult xmlns:ns0="https://s3.amazonaws.com/doc/2006-03-01/"><ns0:ETag>"3858f62230ac3c915f300c664312c11f-9"</ns0:ETag></ns0:CompleteMultipartUploadResult>\n`

export const awsDeleteResult: string = `${declaration}<DeleteResult ${namespace}><Deleted><Key>a</Key><DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>A._w1z6EFiCF5uhtQMDal9JDkID9</DeleteMarkerVersionId></Deleted><Error><Key>b</Key><VersionId>3</VersionId><Code>AccessDenied</Code><Message>Access Denied</Message></Error><Deleted><Key>c</Key></Deleted></DeleteResult>`

export const awsError: string = `${declaration}
<Error><Code>PermanentRedirect</Code><Message>The bucket is elsewhere &lt;there&gt;.</Message><Endpoint>bucket.s3.eu-west-1.amazonaws.com</Endpoint><Bucket>bucket</Bucket><RequestId>4442587FB7D0A2F9</RequestId><HostId>Uuag1LuByRx9e6j5Onimru9pO4ZVKnJ2Qz7/C1NPcfTWAtRPfTaOFg==</HostId></Error>`

export const minioError: string = `${declaration}
<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>a/b</Key><BucketName>bucket</BucketName><Resource>/bucket/a/b</Resource><Region>us-east-1</Region><RequestId>17B8F1D0</RequestId><HostId>dd9025bab4ad464b</HostId></Error>`

export const cephError: string = `${declaration}<Error><Code>NoSuchBucket</Code><Message></Message><BucketName>nope</BucketName><RequestId>tx000003-0065e0-1016-default</RequestId><HostId>1016-default-default</HostId></Error>`

export const answers: Readonly<Record<string, string>> = {
  awsListBuckets,
  cephListBuckets,
  awsListObjectsV2,
  minioListObjectsV2,
  cephListObjects,
  awsListVersions,
  awsListUploads,
  awsListParts,
  awsDeleteResult,
  awsError,
  minioError,
  cephError,
}
